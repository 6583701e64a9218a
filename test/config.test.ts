import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, configVariables, readConfig } from "../src/config.ts";

const URLS = {
  REQUESTS_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/product-requests.fifo",
  RESULTS_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/product-results.fifo",
  DEAD_LETTERS_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/product-dead-letters.fifo",
};

function problemsOf(environment: Record<string, string>): Record<string, string> {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) {
      return Object.fromEntries(error.problems.map(({ variable, problem }) => [variable, problem]));
    }
    throw error;
  }
  return {};
}

test("with the queues alone, the rest has its defaults", () => {
  expect(readConfig(URLS)).toEqual({
    ...URLS,
    REPLY_QUEUE_URLS: [],
    TABLE_NAME: "products",
    MAX_IN_FLIGHT: 100,
    MAX_POLLERS: 4,
    DRAIN_TIMEOUT: 25,
    LOG_LEVEL: "info",
  });
});

test("every variable can be set; an empty one counts as not set", () => {
  const reply = "http://127.0.0.1:9324/000000000000/reply";
  expect(
    readConfig({
      ...URLS,
      REPLY_QUEUE_URLS: ` ${reply} , ${reply}2,`,
      TABLE_NAME: "catalog.v2",
      MAX_IN_FLIGHT: "1000",
      MAX_POLLERS: "",
      DRAIN_TIMEOUT: "2.5",
      LOG_LEVEL: "debug",
    }),
  ).toMatchObject({
    REPLY_QUEUE_URLS: [reply, `${reply}2`],
    TABLE_NAME: "catalog.v2",
    MAX_IN_FLIGHT: 1000,
    MAX_POLLERS: 4,
    DRAIN_TIMEOUT: 2.5,
    LOG_LEVEL: "debug",
  });
});

describe("what does not hold", () => {
  test("is reported all at once, by name, with what to do", () => {
    const problems = problemsOf({ MAX_IN_FLIGHT: "many", LOG_LEVEL: "loud" });
    expect(Object.keys(problems).toSorted()).toEqual([
      "DEAD_LETTERS_QUEUE_URL",
      "LOG_LEVEL",
      "MAX_IN_FLIGHT",
      "REQUESTS_QUEUE_URL",
      "RESULTS_QUEUE_URL",
    ]);
    expect(problems.REQUESTS_QUEUE_URL).toMatch(/is not set: set it to the URL of .*https:\/\/sqs/);
    expect(problems.MAX_IN_FLIGHT).toBe('is "many": must be a whole number of messages from 1 to 1000');
    expect(problems.LOG_LEVEL).toMatch(/is "loud": must be one of .*debug/);
  });

  test.each([
    ["REQUESTS_QUEUE_URL", "product-requests"],
    ["RESULTS_QUEUE_URL", "ftp://host/1/q"],
    ["REPLY_QUEUE_URLS", "https://host/1/q,nonsense"],
    ["TABLE_NAME", "a b c"],
    ["TABLE_NAME", "ab"],
    ["MAX_IN_FLIGHT", "0"],
    ["MAX_IN_FLIGHT", "1001"],
    ["MAX_IN_FLIGHT", "1.5"],
    ["MAX_POLLERS", "21"],
    ["MAX_POLLERS", "-1"],
    ["DRAIN_TIMEOUT", "0"],
    ["DRAIN_TIMEOUT", "1e3"],
    ["LOG_LEVEL", "INFO"],
  ])("%s of %j is a problem of its own", (variable, value) => {
    const problems = problemsOf({ ...URLS, [variable]: value });
    expect(Object.keys(problems)).toEqual([variable]);
    expect(problems[variable]).toContain(JSON.stringify(value.split(",").at(-1)));
  });

  test("includes queues that do not go together", () => {
    expect(problemsOf({ ...URLS, DEAD_LETTERS_QUEUE_URL: "https://host/1/dead" })).toEqual({
      DEAD_LETTERS_QUEUE_URL: expect.stringContaining("FIFO"),
    });
    expect(problemsOf({ ...URLS, RESULTS_QUEUE_URL: URLS.REQUESTS_QUEUE_URL })).toEqual({
      REQUESTS_QUEUE_URL: expect.stringContaining("another queue"),
    });
  });
});

test("the README documents every variable", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const variable of configVariables) expect(readme).toContain(`| \`${variable}\` |`);
});
