import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout, readFiles } from "../../../infra/release/sources.ts";
import { EXIT_CONFIG, readConfig } from "../../../src/config.ts";
import { has, runTool } from "../../support/tools.ts";
import { useScratch } from "./support/scratch.ts";
import { CURRENT, readUnit, settings, UNITS, unitNames, WORKER_UNIT } from "./support/units.ts";
import { renderUserData } from "./support/user-data.ts";

const scratch = useScratch();
const worker = readUnit(WORKER_UNIT);

describe("the worker's unit", () => {
  test("stops before its target, so that the target's stop waits for the drain", () => {
    expect(settings(worker, "PartOf")).toEqual(["product-worker.target"]);
    expect(settings(worker, "After")[0]?.split(" ")).toContain("product-worker.target");
  });

  test("is restarted for ever, but not with a configuration that does not hold", () => {
    expect(settings(worker, "Restart")).toEqual(["always"]);
    expect(settings(worker, "StartLimitIntervalSec")).toEqual(["0"]);
    expect(settings(worker, "RestartPreventExitStatus")).toEqual([String(EXIT_CONFIG)]);
  });

  test("gives the worker longer to stop than the worker gives itself", () => {
    const queue = (name: string) => `https://sqs.eu-west-1.amazonaws.com/123456789012/${name}`;
    const { DRAIN_TIMEOUT } = readConfig({
      REQUESTS_QUEUE_URL: queue("requests"),
      RESULTS_QUEUE_URL: queue("results"),
      DEAD_LETTERS_QUEUE_URL: queue("dead-letters"),
    });
    expect(Number(settings(worker, "TimeoutStopSec")[0])).toBeGreaterThanOrEqual(DRAIN_TIMEOUT + 10);
  });

  test("lets V8 compile, and reach AWS", () => {
    expect(settings(worker, "MemoryDenyWriteExecute")).toEqual([]);
    expect(settings(worker, "PrivateNetwork")).toEqual([]);
    expect(settings(worker, "IPAddressDeny")).toEqual([]);
    expect(settings(worker, "RestrictAddressFamilies")[0]).toContain("AF_INET ");
  });

  test("asks for nothing that Amazon Linux 2023's systemd 252 does not know", () => {
    for (const name of unitNames) expect(readUnit(name)).not.toMatch(/^Restart(Steps|MaxDelaySec)=/m);
  });

  test("does not wait for the log agent", () => {
    for (const name of ["Wants", "Requires", "After", "BindsTo"]) {
      expect(settings(worker, name).join(" ")).not.toContain("logs");
    }
  });
});

describe.skipIf(!has("systemd-analyze"))("systemd-analyze (where there is systemd)", () => {
  test("finds nothing wrong with the units", async () => {
    const current = join(scratch.folder, "current");
    for (const path of ["bin/node", "bin/logrotate", "scripts/drain.sh", "scripts/logs.sh"]) {
      await mkdir(join(current, path, ".."), { recursive: true });
      await writeFile(join(current, path), "", { mode: 0o755 });
    }
    const files = unitNames.map((name) => join(scratch.folder, name));
    for (const name of unitNames) {
      const unit = readUnit(name)
        .replaceAll(CURRENT, current)
        .replaceAll("/usr/sbin/logrotate", `${current}/bin/logrotate`);
      await writeFile(join(scratch.folder, name), unit);
    }
    const env = { ...process.env, SYSTEMD_UNIT_PATH: `${scratch.folder}:` };
    const ran = runTool("systemd-analyze", ["verify", "--man=no", ...files], { env });
    // What it warns of it prints, and succeeds.
    expect(`${ran.stdout}${ran.stderr}`).toBe("");
    expect(ran.status).toBe(0);
  });

  test.each([
    { name: WORKER_UNIT, most: 1.5 },
    { name: "product-worker-drain.service", most: 2 },
    { name: "product-worker-logrotate.service", most: 2 },
  ])("holds $name's exposure for at most $most of 10", ({ name, most }) => {
    const args = ["security", "--offline=true", "--no-pager", `--threshold=${most * 10}`, join(UNITS, name)];
    const ran = runTool("systemd-analyze", args);
    expect(ran.stdout).toContain("Overall exposure level");
    expect(ran.status, ran.stdout).toBe(0);
  });
});

test.skipIf(!has("shellcheck"))(
  "shellcheck finds nothing wrong with the scripts (needs shellcheck)",
  async () => {
    const userData = join(scratch.folder, "user-data.sh");
    await writeFile(userData, await renderUserData());
    const scripts = [...(await readFiles(checkout.files)).keys()].filter((path) =>
      /^scripts\/.*\.sh$/.test(path),
    );
    expect(scripts).not.toEqual([]);
    const paths = scripts.map((path) => join(checkout.files, path));
    const ran = runTool("shellcheck", [userData, ...paths]);
    expect(`${ran.stdout}${ran.stderr}`).toBe("");
  },
);
