import { build } from "esbuild";

/** The worker as one file, and the licences that its sources ask to be kept beside it. */
export interface Bundle {
  worker: Uint8Array;
  legal: Uint8Array;
}

// Some dependencies are CommonJS and require Node's own modules; an ES module has no `require` to do it with.
const BANNER = [
  'import { createRequire } from "node:module";',
  "const require = createRequire(import.meta.url);",
].join("\n");

/**
 * Bundles `src/main.ts`. Not minified, so that a stack trace from a machine can be read.
 *
 * @param root the repository's; the bundle names its sources relative to it, so it is the same in every checkout
 */
export async function bundleWorker(root: string): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/main.ts"],
    outfile: "worker.mjs",
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    legalComments: "external",
    banner: { js: BANNER },
    logLevel: "silent", // a failure comes as an error, with all messages in it
  });
  const output = (ending: string) => {
    const found = outputFiles.find(({ path }) => path.endsWith(ending));
    if (!found) throw new Error(`esbuild made no ${ending}`);
    return found.contents;
  };
  return { worker: output("worker.mjs"), legal: output(".LEGAL.txt") };
}
