import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bench } from "./bench.ts";
import { charts } from "./charts.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { profiled } from "./profiled.ts";
import { report } from "./report.ts";
import { Incomplete } from "./throughput.ts";

const EXIT_USAGE = 64;
const RESULTS = new URL("./results/", import.meta.url);
const CHARTS = new URL("./charts/", import.meta.url);

async function write(folder: URL, name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(name, folder), text);
  return fileURLToPath(new URL(name, folder)).replace(`${process.cwd()}/`, "");
}

async function save(outcome: Outcome, options: Options): Promise<string[]> {
  const json = `${JSON.stringify(outcome, null, 1)}\n`;
  const name = options.name ?? (options.quick ? "quick" : outcome.date.replace(/[:.]/g, "-"));
  const written = [await write(RESULTS, `${name}.json`, json)];
  if (!options.full) return written;
  written.push(await write(RESULTS, "latest.json", json));
  for (const [file, text] of charts(outcome)) written.push(await write(CHARTS, file, text));
  return written;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`bench: ${error.message}\nTry npm run bench -- --help\n`);
    return EXIT_USAGE;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (process.platform !== "linux") {
    process.stderr.write("bench: CPU and memory are read from /proc, which only Linux has\n");
    return 1;
  }
  try {
    if (options.profile) {
      process.stdout.write(await profiled(options));
      return 0;
    }
    const outcome = await bench(options);
    process.stdout.write(report(outcome));
    process.stdout.write(`\nWritten: ${(await save(outcome, options)).join(", ")}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    process.stderr.write(`\nbench: no figures, for a run was incomplete.\n${error.message}\n`);
    return 1;
  }
}

process.exit(await main());
