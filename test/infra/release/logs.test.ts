import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { checkout } from "../../../infra/release/sources.ts";
import { has, runTool } from "../../support/tools.ts";
import { useScratch } from "./support/scratch.ts";

const SCRIPT = join(checkout.files, "scripts/logs.sh");
const CONTROL = "opt/aws/amazon-cloudwatch-agent/bin";
const INSTALL = "dnf install --assumeyes amazon-cloudwatch-agent logrotate";

const scratch = useScratch();
const etc = () => join(scratch.root, "etc/product-worker");
const config = () => join(etc(), "cloudwatch-agent.json");
const started = () => `agent -a fetch-config -m ec2 -s -c file:${config()}`;

/** What installing the agent leaves: its control, as another stand-in. */
const installs = () =>
  `mkdir -p "${scratch.root}/${CONTROL}" && cp "${scratch.folder}/bin/agent" "${scratch.root}/${CONTROL}/amazon-cloudwatch-agent-ctl"`;

beforeEach(async () => {
  await mkdir(etc(), { recursive: true });
  for (const worker of [1, 2]) await writeFile(join(etc(), `worker-${worker}.env`), "");
  await writeFile(join(etc(), "worker.env"), "");
  await scratch.standIn("agent");
  await scratch.standIn("dnf", installs());
});

const run = () => scratch.run(SCRIPT, { AWS_REGION: "eu-west-1", LOG_GROUP: "/product-worker" });

test("the agent is installed, and told to send each worker's log as a stream of its own", async () => {
  expect(await run()).toMatchObject({ code: 0 });
  expect(await scratch.calls()).toEqual([INSTALL, started()]);
  const stream = (worker: string) => ({
    file_path: `${scratch.root}/var/log/product-worker/${worker}.log`,
    log_group_name: "/product-worker",
    log_stream_name: `{instance_id}/${worker}`,
    timestamp_format: "%Y-%m-%dT%H:%M:%S.%fZ",
    timezone: "UTC",
  });
  expect(JSON.parse(await readFile(config(), "utf8"))).toEqual({
    agent: { region: "eu-west-1" },
    logs: {
      force_flush_interval: 5,
      logs_collected: { files: { collect_list: [stream("worker-1"), stream("worker-2")] } },
    },
  });
});

test("an installation that fails is tried again, for longer and longer, until it succeeds", async () => {
  const count = join(scratch.folder, "count");
  await scratch.standIn(
    "dnf",
    `echo >>"${count}"; [ "$(wc -l <"${count}")" -gt 8 ] || exit 1; ${installs()}`,
  );
  expect(await run()).toMatchObject({ code: 0 });
  const calls = await scratch.calls();
  const waits = [5, 10, 20, 40, 80, 160, 300, 300].map((seconds) => `sleep ${seconds}`);
  expect(calls).toEqual([...waits.flatMap((wait) => [INSTALL, wait]), INSTALL, started()]);
});

test("an agent that does not start is started again, and not installed again", async () => {
  const once = join(scratch.folder, "once");
  await scratch.standIn("agent", `[ -e "${once}" ] || { touch "${once}"; exit 1; }`);
  expect(await run()).toMatchObject({ code: 0 });
  expect(await scratch.calls()).toEqual([INSTALL, started(), "sleep 5", started()]);
});

test.skipIf(!has("logrotate"))(
  "a log over 50 MB is cut while it is written to, and four earlier ones are kept (needs logrotate)",
  async () => {
    const folder = join(scratch.folder, "log");
    await mkdir(folder);
    const text = await readFile(join(checkout.files, "logrotate.conf"), "utf8");
    const rules = join(scratch.folder, "logrotate.conf");
    await writeFile(rules, text.replace("/var/log/product-worker", folder), { mode: 0o600 });
    const rotate = () => {
      const state = join(scratch.folder, "state");
      const ran = runTool("logrotate", ["--state", state, rules]);
      expect(`${ran.stderr}${ran.status}`).toBe("0");
    };
    const log = join(folder, "worker-1.log");
    await writeFile(log, "short\n");
    rotate();
    expect(await readFile(log, "utf8")).toBe("short\n");
    for (let time = 1; time <= 5; time += 1) {
      await truncate(log, 51 * 1024 * 1024); // sparse: it takes no room
      rotate();
      expect((await stat(log)).size).toBe(0);
      await appendFile(log, "goes on\n");
    }
    expect((await readdir(folder)).sort()).toEqual([
      "worker-1.log",
      ...[1, 2, 3, 4].map((number) => `worker-1.log.${number}.gz`),
    ]);
    expect(await readFile(log, "utf8")).toBe("goes on\n");
  },
);
