import { parseArgs } from "node:util";
import { type Backends, startBackends, TABLE } from "./backends.ts";
import { PortTaken } from "./listen.ts";
import { startWorker } from "./worker-process.ts";

const HELP = `Usage: npm run local -- [options]

Runs an SQS and a DynamoDB in memory on 127.0.0.1 and a worker against them, until Ctrl-C.

  --sqs-port N        port of the SQS endpoint (default 9324; 0 for any free one)
  --dynamodb-port N   port of the DynamoDB endpoint (default 8000; 0 for any free one)
  --standard          standard queues instead of FIFO
  --log-level LEVEL   the worker's LOG_LEVEL: info, debug (default: one line per request) or trace
  -h, --help          this text
`;

class UsageError extends Error {}

function port(text: string, option: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new UsageError(`${option} is ${JSON.stringify(text)}: must be a port from 0 to 65535`);
}

function logLevel(text: string): string {
  if (["info", "debug", "trace"].includes(text)) return text;
  throw new UsageError(`--log-level is ${JSON.stringify(text)}: must be info, debug or trace`);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        "sqs-port": { type: "string", default: "9324" },
        "dynamodb-port": { type: "string", default: "8000" },
        standard: { type: "boolean", default: false },
        "log-level": { type: "string", default: "debug" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return {
      sqsPort: port(values["sqs-port"], "--sqs-port"),
      dynamoPort: port(values["dynamodb-port"], "--dynamodb-port"),
      fifo: !values.standard,
      logLevel: logLevel(values["log-level"]),
      help: values.help,
    };
  } catch (error) {
    if (error instanceof UsageError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function guide({ queues, sqs: { endpoint: sqsEndpoint }, dynamo }: Backends, fifo: boolean): string {
  const order = fifo
    ? ` \\\n    --message-group-id prod-123 --message-deduplication-id "$(date +%s)$RANDOM"`
    : "";
  const sqs = `aws sqs --endpoint-url ${sqsEndpoint}`;
  const send = (body: string) =>
    `  ${sqs} send-message --queue-url ${queues.requests}${order} \\\n    --message-body '${body}'`;
  const receive = (url: string, query: string) =>
    `  ${sqs} receive-message --queue-url ${url} --wait-time-seconds 5 \\\n    --message-attribute-names All --query '${query}' --output json`;
  const request = (type: string, data: string) =>
    `{"specversion":"1.0","id":"'"$(date +%s)$RANDOM"'","source":"/shell","type":"${type}","data":${data}}`;
  return `
SQS       ${sqsEndpoint}
DynamoDB  ${dynamo.endpoint}
requests      ${queues.requests}
results       ${queues.results}
dead letters  ${queues.deadLetters}
table         ${TABLE}

In another terminal:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1

send a request
${send(request("product.put", `{"product":{"id":"prod-123","name":"Laptop","price":999.99}}`))}

read the result (it is invisible for 30 s afterwards, as every received message)
${receive(queues.results, "Messages[].Body")}

read the item
  aws dynamodb --endpoint-url ${dynamo.endpoint} get-item --table-name ${TABLE} \\
    --key '{"id":{"S":"prod-123"}}' --output json

send something broken, and find it with the reason in the dead-letter queue
${send("not JSON")}
${receive(queues.deadLetters, "Messages[].[Body,MessageAttributes]")}

Ctrl-C stops all of it; nothing is kept.
`;
}

async function run(): Promise<number> {
  const { sqsPort, dynamoPort, fifo, logLevel, help } = options();
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const backends = await startBackends({ sqsPort, dynamoPort, fifo });
  const environment = { ...backends.environment, LOG_LEVEL: logLevel };
  const worker = startWorker(environment, (line) => process.stdout.write(`${line}\n`));
  let asked = false;
  let wake: NodeJS.Timeout | undefined;
  const stop = () => {
    if (asked) return; // npm passes on the Ctrl-C that the terminal has sent already
    asked = true;
    process.stdout.write("\nstopping\n");
    worker.signal("SIGTERM");
    // The worker waits for its open receive to return; this is what ends it early.
    wake = setInterval(() => backends.wakeReceives(), 100);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    await worker.receiving;
    process.stdout.write(guide(backends, fifo));
    const code = await worker.ended;
    if (!asked) throw new Error(`the worker ended by itself: ${code}`);
    return code === 0 ? 0 : 1;
  } finally {
    clearInterval(wake);
    await backends.close();
  }
}

try {
  process.exit(await run());
} catch (error) {
  if (!(error instanceof PortTaken || error instanceof UsageError)) throw error;
  process.stderr.write(`local: ${error.message}\n`);
  process.exit(error instanceof UsageError ? 64 : 1);
}
