import { type SpawnSyncOptions, spawnSync } from "node:child_process";

/** Whether this machine has a command. Tests of what needs one that no package brings are left out without it. */
export function has(command: string): boolean {
  return spawnSync("/bin/sh", ["-c", `command -v ${command}`]).status === 0;
}

/** Runs a command to its end. */
export function runTool(command: string, args: string[], options: SpawnSyncOptions = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: "utf8" });
  return { status, stdout, stderr };
}
