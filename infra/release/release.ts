import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, writeArchive } from "./archive.ts";
import { buildId } from "./build-id.ts";
import { bundleWorker } from "./bundle.ts";
import { fetchRuntime, type RuntimeFiles } from "./fetch-runtime.ts";
import { type Arch, type Runtime, runtimeFor } from "./runtime.ts";
import { checkout, readFiles, type Sources, testedNode } from "./sources.ts";

export const OUT = "dist/release";

/** What is known of a release without making it. */
export interface Release {
  /** 16 hexadecimal digits, of everything in it. */
  buildId: string;
  /** Paths relative to the repository's root. */
  archive: string;
  manifest: string;
}

/** The manifest beside an archive. */
export interface Manifest {
  buildId: string;
  arch: Arch;
  /** Of the archive, hexadecimal. */
  sha256: string;
  bytes: number;
  /** The version of the Node inside. */
  node: string;
}

/**
 * Describes the release that `npm run release` would make from this checkout, in less than a second and without
 * the network. Who deploys compares its `buildId` with the manifest's: an archive of other sources is noticed.
 */
export async function describeRelease(arch: Arch): Promise<Release> {
  const { id } = await prepare(arch, checkout);
  return { buildId: id, archive: `${OUT}/${archiveName(arch)}`, manifest: `${OUT}/${manifestName(arch)}` };
}

export interface ReleaseOptions {
  arch: Arch;
  /** Folder for the archive and its manifest. */
  out: string;
  sources?: Sources;
  /** Told what comes next. */
  onStep?: (step: string) => void;
  /** Brings the runtime's files into a folder. */
  fetch?: (runtime: Runtime, into: string) => Promise<RuntimeFiles>;
}

/** Makes the archive and its manifest. */
export async function makeRelease(options: ReleaseOptions): Promise<Manifest & { archive: string }> {
  const { arch, out, sources = checkout, onStep = () => {} } = options;
  const cache = join(sources.root, "node_modules/.cache/product-worker-release");
  const { fetch = (runtime: Runtime, into: string) => fetchRuntime(runtime, cache, into) } = options;
  await mkdir(out, { recursive: true }); // a folder that cannot be is said before the work, not after it
  onStep("bundling the worker");
  const { id, bundle, files, runtime } = await prepare(arch, sources);
  const unpacked = await mkdtemp(join(tmpdir(), "product-worker-runtime-"));
  try {
    onStep(`fetching ${runtime.name} ${runtime.version}, or taking it from the cache`);
    const { node, license } = await fetch(runtime, unpacked);
    const archive = join(out, archiveName(arch));
    onStep(`packing ${archive}`);
    await writeArchive(archive, [
      { path: "build-id", content: Buffer.from(`${id}\n`) },
      { path: "worker.mjs", content: bundle.worker },
      { path: "worker.mjs.LEGAL.txt", content: bundle.legal },
      { path: "bin/node", content: { file: node }, executable: true },
      { path: "bin/node.LICENSE", content: { file: license } },
      ...machineFiles(files),
    ]);
    const bytes = await readFile(archive);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const manifest = { buildId: id, arch, sha256, bytes: bytes.length, node: runtime.version };
    await writeFile(join(out, manifestName(arch)), `${JSON.stringify(manifest, null, 2)}\n`);
    return { ...manifest, archive };
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function prepare(arch: Arch, sources: Sources) {
  const runtime = runtimeFor(arch, await testedNode(sources.root));
  const [bundle, files] = await Promise.all([bundleWorker(sources.root), readFiles(sources.files)]);
  return { id: buildId({ arch, runtime, worker: bundle.worker, files }), runtime, bundle, files };
}

// The user data is in the launch template: it is what fetches the archive.
function machineFiles(files: ReadonlyMap<string, Uint8Array>): Entry[] {
  return [...files]
    .filter(([path]) => path !== "user-data.sh")
    .map(([path, content]) => ({ path, content, executable: path.endsWith(".sh") }));
}

const archiveName = (arch: Arch) => `product-worker-${arch}.tar.gz`;
const manifestName = (arch: Arch) => `product-worker-${arch}.json`;
