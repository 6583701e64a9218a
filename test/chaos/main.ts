import { parseArgs } from "node:util";
import { scenarios } from "./scenarios/index.ts";

const HELP = `Usage: npm run chaos -- [options] [scenario ...]

Attacks real worker processes, and holds what comes of it against the contract. All scenarios by default:

${scenarios.map(({ name, attack }) => `  ${name.padEnd(16)} ${attack}`).join("\n")}

  --seed N      what the attacks and the traffic are made of (default: another one each time, printed)
  --quick       a small dose of each, in about two minutes
  -h, --help    this text

Exits with 0 if all holds, 1 if not, 64 if called wrongly.
`;
const SHOWN = 15;

function usage(message: string): never {
  process.stderr.write(`chaos: ${message}\nTry npm run chaos -- --help\n`);
  process.exit(64);
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
    if (unknown) usage(`there is no scenario ${JSON.stringify(unknown)}`);
    if (values.seed !== undefined && !/^\d{1,10}$/.test(values.seed))
      usage(`--seed is ${JSON.stringify(values.seed)}: must be a whole number`);
    const seed = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed);
    return { ...values, seed, names: positionals };
  } catch (error) {
    if (error instanceof TypeError) usage(error.message);
    throw error;
  }
}

const { seed, quick, help, names } = options();
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
process.stdout.write(`seed ${seed}${quick ? ", quick" : ""}\n`);
let failed = 0;
let passed = 0;
for (const { name, attack, run } of scenarios.filter(
  (each) => names.length === 0 || names.includes(each.name),
)) {
  process.stdout.write(`\n${name}: ${attack}\n`);
  const tty = process.stdout.isTTY;
  let shown = 0;
  const progress = (text: string) => {
    if (!tty && Date.now() - shown < 10_000) return;
    shown = Date.now();
    process.stdout.write(tty ? `\r\u001b[K  ${text}` : `  ${text}\n`);
  };
  const { failures, figures } = await run({ seed, quick, progress });
  if (tty) process.stdout.write("\r\u001b[K");
  process.stdout.write(`  ${failures.length === 0 ? "✓" : "✗"} ${figures}\n`);
  for (const failure of failures.slice(0, SHOWN)) process.stdout.write(`    ${failure.slice(0, 400)}\n`);
  if (failures.length > SHOWN) process.stdout.write(`    … and ${failures.length - SHOWN} more\n`);
  if (failures.length === 0) passed += 1;
  else failed += 1;
}
process.stdout.write(`\n${passed} of ${passed + failed} scenarios hold (seed ${seed})\n`);
process.exit(failed === 0 ? 0 : 1);
