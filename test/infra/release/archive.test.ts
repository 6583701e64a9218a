import { createHash } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { list } from "tar";
import { expect, test } from "vitest";
import { describeRelease, makeRelease } from "../../../infra/release/release.ts";
import { checkout, type Sources, testedNode } from "../../../infra/release/sources.ts";
import { copySources, smallRuntime } from "./support/releases.ts";
import { useScratch } from "./support/scratch.ts";

const scratch = useScratch();

const make = (out: string, sources?: Sources) =>
  makeRelease({
    arch: "arm64",
    out: join(scratch.folder, out),
    fetch: smallRuntime,
    ...(sources && { sources }),
  });

test("the same sources in another place, with other times and modes, make the same bytes", async () => {
  const sources = await copySources(join(scratch.folder, "elsewhere/checkout"));
  const here = await make("here");
  const there = await make("there", sources);
  expect(there.sha256).toBe(here.sha256);
  expect(await readFile(there.archive)).toEqual(await readFile(here.archive));
});

test("the archive has what the machine needs, sorted, owned by nobody, executable where it is run", async () => {
  const { archive } = await make("out");
  const entries: string[] = [];
  await list({
    file: archive,
    onReadEntry: ({ path, mode, mtime, uid, gid }) => {
      entries.push(`${mode?.toString(8)} ${path}`);
      expect([mtime?.getTime(), uid, gid]).toEqual([0, undefined, undefined]);
    },
  });
  expect(entries).toEqual([
    "755 bin/node",
    "644 bin/node.LICENSE",
    "644 build-id",
    "644 logrotate.conf",
    "644 product-worker.sysusers",
    "755 scripts/drain.sh",
    "755 scripts/install.sh",
    "755 scripts/logs.sh",
    "644 systemd/product-worker-drain.service",
    "644 systemd/product-worker-logrotate.service",
    "644 systemd/product-worker-logrotate.timer",
    "644 systemd/product-worker-logs.service",
    "644 systemd/product-worker.target",
    "644 systemd/product-worker@.service",
    "644 worker.mjs",
    "644 worker.mjs.LEGAL.txt",
  ]);
});

test("the manifest beside it tells the archive's build, hash and size", async () => {
  const { archive, buildId } = await make("out");
  const bytes = await readFile(archive);
  const manifest = JSON.parse(await readFile(join(scratch.folder, "out/product-worker-arm64.json"), "utf8"));
  expect(manifest).toEqual({
    buildId,
    arch: "arm64",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
    node: await testedNode(checkout.root),
  });
});

test("a release is described without being made, as it would be made", async () => {
  const described = await describeRelease("arm64");
  const { buildId } = await make("out");
  expect(described).toEqual({
    buildId,
    archive: "dist/release/product-worker-arm64.tar.gz",
    manifest: "dist/release/product-worker-arm64.json",
  });
  expect(buildId).toMatch(/^[0-9a-f]{16}$/);
});

test("the build is another one for another processor, unit, script or worker", async () => {
  const sources = await copySources(join(scratch.folder, "checkout"));
  const of = async () => (await make("out", sources)).buildId;
  const builds = [await of(), (await describeRelease("x64")).buildId];
  await appendFile(join(sources.files, "systemd/product-worker@.service"), "# changed\n");
  builds.push(await of());
  await appendFile(join(sources.files, "user-data.sh"), "# changed\n");
  builds.push(await of());
  await appendFile(join(sources.root, "src/main.ts"), "console.log(1);\n");
  builds.push(await of());
  expect(new Set(builds).size).toBe(builds.length);
});

test("one more file makes another build, also an empty one", async () => {
  const sources = await copySources(join(scratch.folder, "checkout"));
  const before = await make("out", sources);
  await writeFile(join(sources.files, "empty"), "");
  const after = await make("out", sources);
  expect(after.buildId).not.toBe(before.buildId);
});

test("a worker that does not compile makes no archive, and the error says where", async () => {
  const sources = await copySources(join(scratch.folder, "checkout"));
  await appendFile(join(sources.root, "src/main.ts"), "const = 1;\n");
  await expect(make("out", sources)).rejects.toThrow(/src\/main\.ts:\d+:\d+: ERROR/);
  await expect(readFile(join(scratch.folder, "out/product-worker-arm64.tar.gz"))).rejects.toThrow("ENOENT");
});
