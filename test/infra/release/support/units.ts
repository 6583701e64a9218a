import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../../infra/release/sources.ts";

export const UNITS = join(checkout.files, "systemd");
export const CURRENT = "/opt/product-worker/current";
export const WORKER_UNIT = "product-worker@.service";

export const unitNames = readdirSync(UNITS);
export const readUnit = (name: string) => readFileSync(join(UNITS, name), "utf8");

/** Every value of a unit's setting, in order. */
export function settings(unit: string, name: string): string[] {
  return unit
    .split("\n")
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}
