/** The parts of a .cpuprofile that are read here (V8's own format). */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** Of the machine's monotonic clock (as `process.hrtime`), microseconds. */
  startTime: number;
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

export interface Share {
  name: string;
  ms: number;
  /** Of all that is not idle, 0 to 1. */
  share: number;
}

/**
 * Where the CPU went: self time by package or directory, and by function; the most first.
 * @param since leaves out what came before, on the profile's clock
 */
export function selfTimes(
  profile: CpuProfile,
  since: number,
): { modules: Share[]; functions: Share[]; ms: number } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const modules = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  let at = profile.startTime;
  profile.samples.forEach((sample, index) => {
    const frame = frames.get(sample);
    const micros = profile.timeDeltas[index] ?? 0;
    at += micros;
    if (at < since || !frame || frame.functionName === "(idle)") return;
    busy += micros;
    const module = moduleOf(frame.url, frame.functionName);
    const name = `${frame.functionName || "(anonymous)"}  ${module}${frame.url ? `:${frame.lineNumber + 1}` : ""}`;
    modules.set(module, (modules.get(module) ?? 0) + micros);
    functions.set(name, (functions.get(name) ?? 0) + micros);
  });
  const sorted = (times: Map<string, number>): Share[] =>
    [...times]
      .map(([name, micros]) => ({ name, ms: micros / 1000, share: busy === 0 ? 0 : micros / busy }))
      .sort((a, b) => b.ms - a.ms);
  return { modules: sorted(modules), functions: sorted(functions), ms: busy / 1000 };
}

function moduleOf(url: string, functionName: string): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "(native)";
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)?.[1];
  if (installed) return installed;
  if (url.startsWith("node:")) return url.split("/").slice(0, 2).join("/");
  return /\/((?:src|bench|tools)\/[^/]+)/.exec(url)?.[1] ?? url;
}
