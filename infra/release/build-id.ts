import { createHash } from "node:crypto";
import type { Arch, Runtime } from "./runtime.ts";

/** Everything that a release is made of. */
export interface Ingredients {
  arch: Arch;
  runtime: Runtime;
  worker: Uint8Array;
  /** The files of infra/release/files, by their path in it. */
  files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Names a release by what it is made of: 16 hexadecimal digits. The runtime counts by its pinned integrity, so
 * that a release can be named without having it.
 */
export function buildId({ arch, runtime, worker, files }: Ingredients): string {
  const hash = createHash("sha256");
  // With its length, so that no two lists of parts run together to the same bytes.
  const part = (name: string, bytes: Uint8Array | string) => {
    hash.update(`${name}\0${Buffer.byteLength(bytes)}\0`).update(bytes);
  };
  part("arch", arch);
  part("runtime", `${runtime.name}@${runtime.version} ${runtime.integrity}`);
  part("worker", worker);
  for (const path of [...files.keys()].sort()) part(`files/${path}`, files.get(path) ?? "");
  return hash.digest("hex").slice(0, 16);
}
