import { readFile } from "node:fs/promises";

/** The kernel's unit of time in /proc: USER_HZ, 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** CPU that a process has used, all its threads, user and system, ms; from the text of /proc/<pid>/stat. */
export function cpuMsOf(stat: string): number {
  // The command's name stands in parentheses and may hold anything, more of them too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user + system)) throw new Error(`not a /proc/<pid>/stat: ${stat.slice(0, 100)}`);
  return (user + system) * TICK_MS;
}

/** The most memory a process has ever held, MB (10^6 bytes); from the text of /proc/<pid>/status. */
export function peakRssMbOf(status: string): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error("no VmHWM in /proc/<pid>/status");
  return (Number(kibibytes) * 1024) / 1e6;
}

export async function cpuMs(pid: number): Promise<number> {
  return cpuMsOf(await readFile(`/proc/${pid}/stat`, "utf8"));
}

export async function peakRssMb(pid: number): Promise<number> {
  return peakRssMbOf(await readFile(`/proc/${pid}/status`, "utf8"));
}
