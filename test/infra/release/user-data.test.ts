import { createHash } from "node:crypto";
import {
  access,
  constants,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeRelease } from "../../../infra/release/release.ts";
import { smallRuntime } from "./support/releases.ts";
import { useScratch } from "./support/scratch.ts";
import { readUnit, settings, unitNames, WORKER_UNIT } from "./support/units.ts";
import { renderUserData, type VARIABLES } from "./support/user-data.ts";

const scratch = useScratch();
const onMachine = (path: string) => join(scratch.root, path);
const read = (path: string) => readFile(onMachine(path), "utf8");

describe("the template", () => {
  test("has no dollar and braces, or percent and braces, but its variables", async () => {
    const rendered = await renderUserData();
    expect(rendered).not.toMatch(/[$%]\{/);
  });

  test("leaves room in EC2's 16 KiB of user data", async () => {
    const queueUrls = "X=".padEnd(4_000, "x");
    expect(Buffer.byteLength(await renderUserData({ worker_env: queueUrls }))).toBeLessThan(16 * 1024);
  });
});

describe("at the first boot", () => {
  let out: string;
  let made: Awaited<ReturnType<typeof makeRelease>>;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "product-worker-test-"));
    made = await makeRelease({ arch: "arm64", out, fetch: smallRuntime });
  });
  afterAll(() => rm(out, { recursive: true, force: true }));

  /** What the AWS CLI does: the file to download to is its last argument. */
  const downloads = () => `cp "${made.archive}" "\${!#}"; echo '{"VersionId": "of the answer"}'`;

  beforeEach(async () => {
    await scratch.standIn("aws", downloads());
    await scratch.standIn("systemctl");
    await scratch.standIn("systemd-sysusers");
  });

  async function boot(variables: Partial<typeof VARIABLES> = {}, env: Record<string, string> = {}) {
    const { sha256, buildId } = made;
    const script = join(scratch.folder, "user-data.sh");
    await writeFile(
      script,
      await renderUserData({ release_sha256: sha256, build_id: buildId, ...variables }),
    );
    return scratch.run(script, { WORKERS: "2", ...env });
  }

  test("every file that a unit names is there, and what it starts can be run", async () => {
    expect(await boot()).toMatchObject({ code: 0 });
    const units = await readdir(onMachine("etc/systemd/system"));
    expect(units).toEqual(expect.arrayContaining(unitNames));
    for (const name of unitNames) {
      const unit = readUnit(name);
      for (const command of settings(unit, "ExecStart")) {
        const [program = "", ...rest] = command.split(" ").filter((word) => word.startsWith("/opt"));
        if (program) await access(onMachine(program), constants.X_OK);
        for (const file of rest) await access(onMachine(file), constants.R_OK);
      }
      for (const file of settings(unit, "EnvironmentFile")) {
        for (const worker of ["1", "2"]) await access(onMachine(file.replace("%i", worker)), constants.R_OK);
      }
      for (const output of settings(unit, "StandardOutput")) {
        await access(join(scratch.root, output.replace("append:", ""), ".."), constants.W_OK);
      }
    }
    const [config = ""] = settings(readUnit("product-worker-logrotate.service"), "ExecStart").map((line) =>
      line.split(" ").at(-1),
    );
    await access(onMachine(config), constants.R_OK);
    expect(await readlink(onMachine("opt/product-worker/current"))).toBe(`releases/${made.buildId}`);
    expect(await read("opt/product-worker/current/build-id")).toBe(`${made.buildId}\n`);
  });

  test("the workers get the deployed environment, letter for letter", async () => {
    const worker_env = "AWS_REGION=eu-west-1\nODD=a $HOME `id` \"b\" 'c' \\ d\nTABLE_NAME=products";
    await boot({ worker_env });
    expect(await read("etc/product-worker/worker.env")).toBe(`${worker_env}\n`);
    expect((await stat(onMachine("etc/product-worker/worker.env"))).mode & 0o777).toBe(0o640);
  });

  test("the machine's own units get what they ask for", async () => {
    await boot();
    expect((await read("etc/product-worker/machine.env")).split("\n")).toEqual([
      "AWS_REGION='eu-west-1'",
      `BUILD_ID='${made.buildId}'`,
      "STOP_TIMEOUT='55'",
      "LOG_GROUP='/product-worker'",
      "ASG_NAME='product-worker'",
      "HOOK_NAME='product-worker-drain'",
      "",
    ]);
    expect(await read(`etc/systemd/system/${WORKER_UNIT}.d/stop-timeout.conf`)).toBe(
      "[Service]\nTimeoutStopSec=55\n",
    );
  });

  test("the release is fetched by its version, and the workers are started before all else", async () => {
    await boot();
    const [download, ...rest] = await scratch.calls();
    expect(download).toMatch(
      /^aws s3api get-object --region eu-west-1 --bucket product-worker-releases --key product-worker-arm64\.tar\.gz --version-id 3sL4kqtJlcpXroDTDmJ\.rmSpXd3dIbrHY /,
    );
    expect(rest).toEqual([
      `systemd-sysusers --root=${scratch.root}/ product-worker.conf`,
      "systemctl daemon-reload",
      "systemctl enable --now product-worker.target",
      "systemctl enable --now product-worker-drain.service product-worker-logrotate.timer product-worker-logs.service",
    ]);
  });

  test.each([
    { workers: "3", env: "A=1", says: "nothing", ports: ["9090", "9091", "9092"] },
    { workers: "1", env: "A=1\nHTTP_PORT=8000", says: "8000", ports: ["8000"] },
    { workers: "2", env: "HTTP_PORT=0\nA=1", says: "0", ports: ["0", "0"] },
  ])("$workers workers have a port each, where HTTP_PORT says $says", async ({ workers, env, ports }) => {
    await boot({ worker_env: env }, { WORKERS: workers });
    const names = ports.map((_, index) => `product-worker@${index + 1}.service`);
    const wants = await read("etc/systemd/system/product-worker.target.d/workers.conf");
    expect(wants).toBe(`[Unit]\nWants= ${names.join(" ")}\n`);
    for (const [index, port] of ports.entries()) {
      expect(await read(`etc/product-worker/worker-${index + 1}.env`)).toBe(`HTTP_PORT=${port}\n`);
    }
  });

  test("there is one worker for each processor where nobody says otherwise", async () => {
    await scratch.standIn("nproc", "echo 5");
    await boot({}, { WORKERS: "" });
    const files = await readdir(onMachine("etc/product-worker"));
    expect(files.filter((name) => /^worker-\d+\.env$/.test(name))).toHaveLength(5);
  });

  test("a download that fails is tried again, for longer and longer, until it succeeds", async () => {
    const count = join(scratch.folder, "count");
    const fails = `echo >>"${count}"; [ "$(wc -l <"${count}")" -gt 7 ] || exit 254`;
    await scratch.standIn("aws", `${fails}; ${downloads()}`);
    const { code, output } = await boot();
    expect(code).toBe(0);
    const waits = (await scratch.calls()).filter((call) => call.startsWith("sleep"));
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60].map((seconds) => `sleep ${seconds}`));
    expect(output).toContain("the release could not be downloaded; trying again in 2 s");
  });

  test("an archive that is not the deployed one is not unpacked, and nothing is started", async () => {
    const { code, output } = await boot({ release_sha256: "0".repeat(64) });
    expect(code).toBe(1);
    expect(output).toContain("nothing is started");
    expect((await scratch.calls()).filter((call) => !call.startsWith("aws"))).toEqual([]);
    expect(await readdir(onMachine("opt/product-worker/releases"))).toEqual([]);
    await expect(readlink(onMachine("opt/product-worker/current"))).rejects.toThrow("ENOENT");
  });

  test("an archive that cannot be unpacked leaves no half of a release", async () => {
    const garbage = "not an archive";
    await scratch.standIn("aws", `printf '${garbage}' >"\${!#}"`);
    const sha256 = createHash("sha256").update(garbage).digest("hex");
    expect(await boot({ release_sha256: sha256 })).not.toMatchObject({ code: 0 });
    expect(await readdir(onMachine("opt/product-worker/releases"))).toEqual([]);
  });

  test("running it twice downloads nothing again and changes no file", async () => {
    await boot();
    const before = await snapshot();
    expect(await boot()).toMatchObject({ code: 0 });
    expect(await snapshot()).toEqual(before);
    expect((await scratch.calls()).filter((call) => call.startsWith("aws"))).toHaveLength(1);
  });

  test("fewer workers than before leave no environment of the others", async () => {
    await boot({}, { WORKERS: "3" });
    await boot({}, { WORKERS: "1" });
    const files = await readdir(onMachine("etc/product-worker"));
    expect(files.filter((name) => name.startsWith("worker-"))).toEqual(["worker-1.env"]);
  });

  test("another build takes the place of the one before, which stays", async () => {
    await boot();
    await boot({ build_id: "fedcba9876543210" });
    expect(await readlink(onMachine("opt/product-worker/current"))).toBe("releases/fedcba9876543210");
    await access(onMachine(`opt/product-worker/releases/${made.buildId}/worker.mjs`));
  });
});

/** Every file of the scratch machine, with its content. */
async function snapshot(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(scratch.root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, await readFile(path, "utf8"));
    if (entry.isSymbolicLink()) files.set(path, await readlink(path));
  }
  return files;
}
