import { dynamoClient, pollingClient, sqsClient } from "./aws/clients.ts";
import { type Config, ConfigError, EXIT_CONFIG, readConfig } from "./config.ts";
import { createLog } from "./telemetry/log.ts";
import { Worker } from "./worker/worker.ts";

/** Reads the configuration, the SDK's region included, and reports all that is wrong with it at once. */
async function configure(environment: NodeJS.ProcessEnv): Promise<Config> {
  const problems = [];
  let config: Config | undefined;
  try {
    config = readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  const region = await sqsClient()
    .config.region()
    .catch(() => undefined);
  if (!region) {
    const problem = "is not set, and no AWS profile names a region: set it, as eu-west-1";
    problems.push({ variable: "AWS_REGION", problem });
  }
  if (!config || problems.length > 0) throw new ConfigError(problems);
  return config;
}

async function main(): Promise<void> {
  const config = await configure(process.env);
  const log = createLog(config.LOG_LEVEL);
  // Every message in hand may have a call of its own under way.
  const maxSockets = config.MAX_IN_FLIGHT + config.MAX_POLLERS;
  const worker = new Worker({
    polling: pollingClient({ maxSockets }),
    sqs: sqsClient({ maxSockets }),
    dynamo: dynamoClient({ maxSockets }),
    log,
    requestsUrl: config.REQUESTS_QUEUE_URL,
    resultsUrl: config.RESULTS_QUEUE_URL,
    deadLettersUrl: config.DEAD_LETTERS_QUEUE_URL,
    replyUrls: config.REPLY_QUEUE_URLS,
    table: config.TABLE_NAME,
    maxInFlight: config.MAX_IN_FLIGHT,
    maxPollers: config.MAX_POLLERS,
    drainTimeout: config.DRAIN_TIMEOUT,
  });
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) {
        log.warn({ signal }, "second signal: exiting at once");
        process.exit(1);
      }
      log.info({ signal }, "stopping; a second signal exits at once");
      void worker.stop().then(() => process.exit(0));
    });
  }
  await worker.start();
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`product-worker: ${error.message}\n`);
  process.exit(EXIT_CONFIG);
}
