import { z } from "zod";
import { isFifo } from "./aws/queues.ts";
import { logLevels } from "./telemetry/log.ts";

/** A variable's problem: what is wrong and what to do. */
export interface ConfigProblem {
  variable: string;
  problem: string;
}

/** The configuration does not hold; every problem is listed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(`the configuration does not hold:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** sysexits.h EX_CONFIG: systemd and people tell it from a crash. */
export const EXIT_CONFIG = 78;

const QUEUE_EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/product-requests.fifo";

function isQueueUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && /\/[A-Za-z0-9_-]{1,80}(\.fifo)?$/.test(pathname);
}

const notAQueueUrl = (text: string) => `is ${quote(text)}: must be a queue URL, as ${QUEUE_EXAMPLE}`;

const queueUrl = (purpose: string) =>
  z
    .string({ error: `is not set: set it to the URL of the ${purpose}, as ${QUEUE_EXAMPLE}` })
    .refine(isQueueUrl, { error: (issue) => notAQueueUrl(String(issue.input)) });

function number(fallback: number, least: number, most: number, unit: string, whole: boolean) {
  return z
    .string()
    .default(String(fallback))
    .transform((text, context) => {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
      const kind = whole ? "a whole number" : "a number";
      const message = `is ${quote(text)}: must be ${kind} of ${unit} from ${least} to ${most}`;
      context.issues.push({ code: "custom", input: text, message });
      return z.NEVER;
    });
}

const schema = z.object({
  REQUESTS_QUEUE_URL: queueUrl("queue that requests arrive on"),
  RESULTS_QUEUE_URL: queueUrl("queue that results go to"),
  DEAD_LETTERS_QUEUE_URL: queueUrl("queue for messages that cannot be answered"),
  REPLY_QUEUE_URLS: z
    .string()
    .default("")
    .transform((text, context) => {
      const urls = text
        .split(",")
        .map((url) => url.trim())
        .filter((url) => url !== "");
      for (const url of urls.filter((each) => !isQueueUrl(each))) {
        context.issues.push({
          code: "custom",
          input: text,
          message: `holds an entry that ${notAQueueUrl(url)}`,
        });
      }
      return urls;
    }),
  TABLE_NAME: z
    .string()
    .default("products")
    .refine((text) => /^[A-Za-z0-9_.-]{3,255}$/.test(text), {
      error: (issue) => `is ${quote(String(issue.input))}: must be 3 to 255 letters, digits, _, - or .`,
    }),
  MAX_IN_FLIGHT: number(100, 1, 1_000, "messages", true),
  MAX_POLLERS: number(4, 1, 20, "pollers", true),
  DRAIN_TIMEOUT: number(25, 1, 900, "seconds", false),
  LOG_LEVEL: z
    .enum(logLevels, {
      error: (issue) => `is ${quote(String(issue.input))}: must be one of ${logLevels.join(", ")}`,
    })
    .default("info"),
});

export type Config = z.output<typeof schema>;

/** The variables the worker reads, besides the AWS SDK's own. */
export const configVariables = Object.keys(schema.shape);

/**
 * Reads the configuration. An empty variable counts as not set.
 * @throws ConfigError with every problem at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    configVariables.map((name) => [name, environment[name]?.trim() || undefined]),
  );
  const parsed = schema.safeParse(given);
  const problems: ConfigProblem[] = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ variable: String(path[0]), problem: message }));
  const { REQUESTS_QUEUE_URL: requests, DEAD_LETTERS_QUEUE_URL: deadLetters } = given;
  const comparable = [requests, deadLetters].every((url) => url && isQueueUrl(url));
  if (requests && deadLetters && comparable && isFifo(requests) !== isFifo(deadLetters)) {
    const type = isFifo(requests) ? "FIFO" : "standard";
    const problem = `must be of the requests queue's type, which is ${type}: SQS moves messages only between queues of one type`;
    problems.push({ variable: "DEAD_LETTERS_QUEUE_URL", problem });
  }
  if (requests && [given.RESULTS_QUEUE_URL, deadLetters].includes(requests)) {
    const problem = "must be another queue than the one for results and the one for dead letters";
    problems.push({ variable: "REQUESTS_QUEUE_URL", problem });
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
