import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoClient } from "../../src/aws/clients.ts";
import { differences } from "../../tools/demo/check.ts";
import { type Exchange, exchange } from "../../tools/demo/exchange.ts";
import { summary } from "../../tools/demo/summary.ts";
import { madeUpTraffic, type Traffic } from "../../tools/demo/traffic.ts";
import { type Backends, startBackends, TABLE } from "../../tools/local/backends.ts";
import { startWorker, type WorkerProcess } from "../../tools/local/worker-process.ts";

/*
 * The demo checks itself; here is checked that its check can fail. One small run, and then what came back of
 * it is spoiled in one place at a time.
 */

let backends: Backends;
let worker: WorkerProcess;
let traffic: Traffic;
let outcome: Exchange;

beforeAll(async () => {
  traffic = madeUpTraffic({ seed: 7, requests: 300, products: 40, now: Date.now() });
  backends = await startBackends();
  worker = startWorker(backends.environment, () => {});
  await worker.receiving;
  outcome = await exchange(backends, traffic.messages, () => {});
});
afterAll(async () => {
  worker.signal("SIGKILL");
  await worker.ended;
  await backends.close();
});

const differing = (spoiled: Partial<Exchange>) => differences(backends, traffic, { ...outcome, ...spoiled });

test("the same seed makes the same traffic, another seed another", () => {
  const now = Date.now();
  const bodies = (seed: number) => madeUpTraffic({ seed, requests: 50, products: 10, now }).messages;
  expect(bodies(1)).toEqual(bodies(1));
  expect(bodies(1)).not.toEqual(bodies(2));
});

test("a run where all is as it must be differs in nothing", async () => {
  expect(await differing({})).toEqual([]);
});

describe("the check finds", () => {
  test("a result that is missing", async () => {
    const found = await differing({ results: outcome.results.slice(1) });
    expect(found[0]).toMatch(/^request .*: sent \d times, answered \d times/);
  });

  test("a result too many", async () => {
    const [first] = outcome.results;
    if (!first) throw new Error("no results");
    expect((await differing({ results: [...outcome.results, first] }))[0]).toMatch(/answered \d times/);
  });

  test("results of a product that are out of order", async () => {
    const [product, of] = [...Map.groupBy(outcome.results, ({ result }) => result.subject)].find(
      ([, each]) => each.length > 1 && each[0]?.result.id !== each[1]?.result.id,
    ) ?? [undefined, []];
    const swapped = outcome.results.map((each) => (each === of[0] ? of[1] : each === of[1] ? of[0] : each));
    expect(await differing({ results: swapped as typeof outcome.results })).toEqual([
      expect.stringMatching(new RegExp(`^product ${product}: answered in the order`)),
    ]);
  });

  test("a result that says something else", async () => {
    const at = outcome.results.findIndex(
      ({ result }) => "outcome" in result.data && result.data.outcome === "created",
    );
    const spoiled = structuredClone(outcome.results);
    const data = spoiled[at]?.result.data;
    if (data && "product" in data && data.product) data.product.price += 1;
    expect(await differing({ results: spoiled })).toEqual([expect.stringMatching(/expected .* got /)]);
  });

  test("a dead letter that is missing", async () => {
    const found = await differing({ deadLetters: outcome.deadLetters.slice(1) });
    expect(found[0]).toMatch(/\d+ dead letters, expected \d+/);
  });

  test("a product that is not as the model has it", async () => {
    const dynamo = DynamoDBDocumentClient.from(dynamoClient({ settings: backends.dynamo }));
    const id = [...traffic.products.keys()][0];
    const { Item } = await dynamo.send(new GetCommand({ TableName: TABLE, Key: { id } }));
    await dynamo.send(new PutCommand({ TableName: TABLE, Item: { ...Item, version: 99 } }));
    expect(await differing({})).toEqual([expect.stringMatching(new RegExp(`^product ${id}: `))]);
    await dynamo.send(new PutCommand({ TableName: TABLE, Item }));
    dynamo.destroy();
  });
});

test("the summary tells outcomes, dead letters, speed and calls", () => {
  const text = summary(traffic.messages, outcome, backends.calls.of("product-worker"));
  expect(text).toMatch(/product\.put +\d+ +.*created \d+/);
  expect(text).toMatch(/NOT_JSON \d+/);
  expect(text).toMatch(/[\d,]+ requests\/s/);
  expect(text).toMatch(/p50 [\d,]+ ms, p99 [\d,]+ ms/);
  expect(text).toMatch(/\d\.\d\d a message.*UpdateItem \d\.\d\d/);
});
