import { parseArgs, styleText } from "node:util";
import { SingleBar } from "cli-progress";
import { startBackends } from "../local/backends.ts";
import { startWorker } from "../local/worker-process.ts";
import { differences } from "./check.ts";
import { exchange } from "./exchange.ts";
import { summary } from "./summary.ts";
import { madeUpTraffic } from "./traffic.ts";

const HELP = `Usage: npm run demo -- [options]

Runs the main job on made-up traffic: an SQS and a DynamoDB in memory, a worker process, and requests of every
type with the faults that real ones have. Then checks every result, dead letter and product against a model.

  --seed N       which traffic to make up (default 1); the same seed makes the same
  --requests N   how many messages to send (default 2000, 1 to 100000)
  --products N   about how many products (default 500, 1 to 100000)
  -h, --help     this text

Exits with 0 if all is as it must be, 1 if not (saying what differs), 64 if called wrongly.
`;
const SHOWN_DIFFERENCES = 20;
const EXIT_USAGE = 64;

function whole(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new TypeError(
    `${option} is ${JSON.stringify(text)}: must be a whole number from ${least} to ${most}`,
  );
}

function options() {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      requests: { type: "string", default: "2000" },
      products: { type: "string", default: "500" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    seed: whole(values.seed, "--seed", 0, 2 ** 32 - 1),
    requests: whole(values.requests, "--requests", 1, 100_000),
    products: whole(values.products, "--products", 1, 100_000),
    help: values.help,
  };
}

async function demo({ seed, requests, products }: ReturnType<typeof options>): Promise<boolean> {
  const traffic = madeUpTraffic({ seed, requests, products, now: Date.now() });
  const backends = await startBackends();
  const logged: string[] = [];
  const worker = startWorker({ ...backends.environment, LOG_LEVEL: "info" }, (line) => logged.push(line));
  const stopped = async () => {
    worker.signal("SIGTERM");
    const wake = setInterval(() => backends.wakeReceives(), 50);
    const code = await worker.ended;
    clearInterval(wake);
    await backends.close();
    return code;
  };
  process.once("SIGINT", () => void stopped().then(() => process.exit(130)));
  const counted = `${requests.toLocaleString("en")} requests about ${products.toLocaleString("en")} products`;
  process.stdout.write(`\n${counted}, seed ${seed}\n\n`);
  const bar = new SingleBar({
    format: "  {bar} {percentage}%  {value} of {total} come back",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: false,
    noTTYOutput: true,
    notTTYSchedule: 2_000,
  });
  await worker.receiving;
  bar.start(requests, 0);
  const outcome = await exchange(backends, traffic.messages, (done) => bar.update(done));
  bar.stop();
  process.stdout.write(`\n${summary(traffic.messages, outcome, backends.calls.of("product-worker"))}\n`);
  const found = await differences(backends, traffic, outcome);
  const code = await stopped();
  if (code !== 0) found.push(`the worker ended with ${code}`);
  report(found, traffic.products.size, logged);
  return found.length === 0;
}

function report(found: string[], products: number, logged: string[]): void {
  if (found.length === 0) {
    const all = `every request answered once, every dead letter accounted for, ${products} products as the model has them`;
    process.stdout.write(`${styleText("green", "✓")} ${all}\n\n`);
    return;
  }
  const shown = found.slice(0, SHOWN_DIFFERENCES).map((line) => `  ${line.slice(0, 600)}`);
  process.stdout.write(`${styleText("red", `✗ ${found.length} differences`)}\n${shown.join("\n")}\n`);
  if (found.length > shown.length) process.stdout.write(`  … and ${found.length - shown.length} more\n`);
  const errors = logged.filter((line) => /"level":"(error|fatal)"/.test(line)).slice(0, SHOWN_DIFFERENCES);
  if (errors.length > 0) process.stdout.write(`\nThe worker's log says:\n${errors.join("\n")}\n`);
}

let chosen: ReturnType<typeof options>;
try {
  chosen = options();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`demo: ${error.message}\nTry npm run demo -- --help\n`);
  process.exit(EXIT_USAGE);
}
if (chosen.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
process.exit((await demo(chosen)) ? 0 : 1);
