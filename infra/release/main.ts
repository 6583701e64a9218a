import { relative } from "node:path";
import { parseArgs } from "node:util";
import { makeRelease, OUT } from "./release.ts";
import { type Arch, archs } from "./runtime.ts";

const USAGE = `Makes the archive that an EC2 instance runs: the worker, its Node, and the units and scripts around them.

  npm run release -- [--arch ${archs.join("|")}] [--out ${OUT}]

  --arch   the instances' processor; arm64 by default
  --out    folder for the archive and its manifest; ${OUT} by default
  --help   this text

Exit code 0: made; 1: failed; 2: the command line does not hold.
`;

class UsageError extends Error {}

function readCommandLine(args: string[]): { arch: Arch; out: string; help: boolean } {
  const options = {
    arch: { type: "string", default: "arm64" },
    out: { type: "string", default: OUT },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { arch: given, out, help } = parseArgs({ args, options }).values;
    const arch = archs.find((each) => each === given);
    if (!arch) throw new Error(`--arch is ${JSON.stringify(given)}: must be ${archs.join(" or ")}`);
    if (out === "") throw new Error("--out is empty: give a folder");
    return { arch, out, help };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { arch, out, help } = readCommandLine(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const onStep = (step: string) => console.log(`release: ${step}`);
  const { archive, buildId, bytes } = await makeRelease({ arch, out, onStep });
  const size = (bytes / 1e6).toFixed(1);
  console.log(`release: made ${relative("", archive)}, ${size} MB, build ${buildId}`);
}

try {
  await main();
} catch (error) {
  const { message } = error as Error;
  const usage = error instanceof UsageError;
  console.error(`release: ${message}${usage ? "\n`npm run release -- --help` lists the options." : ""}`);
  process.exitCode = usage ? 2 : 1;
}
