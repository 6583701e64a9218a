import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServers } from "../../tools/local/backends.ts";

const HELP = `Usage: npm run test:conformance [-- --embedded]

Runs the table's and the worker's suites against whatever the SDK's endpoint variables name: AWS, LocalStack,
DynamoDB Local, moto. They create queues and tables of their own, named test-…, and remove them.

  AWS_ENDPOINT_URL_SQS        as https://sqs.eu-west-1.amazonaws.com, or http://127.0.0.1:5000
  AWS_ENDPOINT_URL_DYNAMODB   as https://dynamodb.eu-west-1.amazonaws.com, or http://127.0.0.1:5000
  AWS_REGION, and credentials as the SDK finds them

  --embedded    against the embedded backends, started for it: then no variables are needed
  -h, --help    this text
`;

/** What any backend must do as AWS does. */
const SUITES = [
  "test/contract/round-trip.test.ts",
  "test/products/table.test.ts",
  "test/products/reads.test.ts",
  "test/worker/worker.test.ts",
];
const EXIT_USAGE = 64;

function refuse(message: string): never {
  process.stderr.write(`test:conformance: ${message}\n\n${HELP}`);
  process.exit(EXIT_USAGE);
}

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        embedded: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
})();
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const servers = values.embedded ? await startServers(0, 0) : undefined;
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  ...(servers && {
    AWS_ENDPOINT_URL_SQS: servers.sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: servers.dynamo.endpoint,
    AWS_REGION: servers.sqs.region,
    AWS_ACCESS_KEY_ID: servers.sqs.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: servers.sqs.credentials.secretAccessKey,
  }),
  CONFORMANCE: "1",
};
const missing = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION"].filter(
  (name) => !environment[name],
);
if (missing.length > 0)
  refuse(`${missing.join(" and ")} must be set: this suite never guesses what to run against`);

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const child = spawn(process.execPath, [vitest, "run", ...SUITES, ...positionals], {
  cwd: root,
  env: environment,
  stdio: "inherit",
});
const [code] = await once(child, "exit");
await servers?.close();
process.exit(code ?? 1);
