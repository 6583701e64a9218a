import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";

/** Where and with what the figures were made. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  os: string;
  /** By package: Node itself, the SDK and what is measured against. */
  versions: Record<string, string>;
}

const PACKAGES = [
  "@aws-sdk/client-sqs",
  "@aws-sdk/client-dynamodb",
  "sqs-consumer",
  "squiss-ts",
  "undici",
  "fauxqs",
  "dynalite",
];

export function machine(): Machine {
  const versions: Record<string, string> = { node: process.versions.node };
  for (const name of PACKAGES) versions[name] = versionOf(name);
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    os: `${type()} ${release().split("-")[0]} ${arch()}`,
    versions,
  };
}

function versionOf(name: string): string {
  // Not every package exports its package.json.
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return String(JSON.parse(readFileSync(file, "utf8")).version);
}
