import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout } from "../../../infra/release/sources.ts";

const release = (...args: string[]) =>
  spawnSync(process.execPath, [join(checkout.root, "infra/release/main.ts"), ...args], { encoding: "utf8" });

describe("npm run release", () => {
  test("--help lists the options", () => {
    const { status, stdout } = release("--help");
    expect(status).toBe(0);
    for (const option of ["--arch", "--out", "--help"]) expect(stdout).toContain(option);
  });

  test.each([
    { args: ["--arch", "mips"], says: '--arch is "mips": must be arm64 or x64' },
    { args: ["--out", ""], says: "--out is empty" },
    { args: ["--fast"], says: "--fast" },
    { args: ["x64"], says: "x64" },
  ])("$args is refused with what is wrong", ({ args, says }) => {
    const { status, stderr } = release(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
  });

  test("a folder that cannot be written to is an error of one line, without a stack", () => {
    const { status, stderr } = release("--arch", "x64", "--out", "/dev/null/out");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^release: .*\/dev\/null\/out/);
    expect(stderr).not.toContain("    at ");
  });
});
