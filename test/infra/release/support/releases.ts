import { copyFile, mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { RuntimeFiles } from "../../../../infra/release/fetch-runtime.ts";
import type { Runtime } from "../../../../infra/release/runtime.ts";
import { checkout, readFiles, type Sources } from "../../../../infra/release/sources.ts";

/** In place of fetching a Node: a small file. */
export async function smallRuntime(runtime: Runtime, into: string): Promise<RuntimeFiles> {
  const files = { node: join(into, "node"), license: join(into, "LICENSE") };
  await writeFile(files.node, `#!/bin/sh\necho ${runtime.name}\n`);
  await writeFile(files.license, "as is\n");
  return files;
}

/** Copies all that a release is made from to another place, with the times of now and other modes. */
export async function copySources(root: string): Promise<Sources> {
  const { metafile } = await build({
    absWorkingDir: checkout.root,
    entryPoints: ["src/main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  const folders = new Set(inputs.flatMap(parents));
  const manifests = [...folders].map((folder) => join(folder, "package.json"));
  for (const path of ["package.json", "tsconfig.json", ...inputs, ...manifests]) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await copyFile(join(checkout.root, path), join(root, path)).catch((error) => {
      if (error.code !== "ENOENT" || !manifests.includes(path)) throw error;
    });
  }
  const files = join(root, "infra/release/files");
  for (const [path, content] of await readFiles(checkout.files)) {
    const to = join(files, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, content, { mode: 0o600 });
    await utimes(to, 1, 1);
  }
  return { root, files };
}

function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [parent, ...parents(parent)];
}
