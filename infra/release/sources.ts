import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a release is made from. */
export interface Sources {
  /** The repository. */
  root: string;
  /** The folder of the files that go to the machine. */
  files: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
export const checkout: Sources = { root, files: join(root, "infra/release/files") };

/** Reads the files that go to the machine, by their path in the folder, with `/` between. */
export async function readFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    found.set(relative(folder, file).split(sep).join("/"), await readFile(file));
  }
  return found;
}

/** The version of Node that package.json's devDependencies name. */
export async function testedNode(repository: string): Promise<string> {
  const text = await readFile(join(repository, "package.json"), "utf8");
  const { devDependencies } = JSON.parse(text) as { devDependencies?: Record<string, string> };
  return devDependencies?.node ?? "missing";
}
