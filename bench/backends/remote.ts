import { type ChildProcess, fork } from "node:child_process";

/** Functions that another process calls: arguments and answers go as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: any function at all; `Remote` keeps each one's own types
type Functions = Record<string, (...args: any[]) => unknown>;

/** The same functions as the caller has them. */
export type Remote<F extends Functions> = {
  [Name in keyof F]: (...args: Parameters<F[Name]>) => Promise<Awaited<ReturnType<F[Name]>>>;
};

interface Call {
  call: number;
  name: string;
  args: unknown[];
}
type Answer = { call: number; value: unknown } | { call: number; error: string };

/** Answers the parent's calls, and ends with it. */
export function serve(functions: Functions): void {
  process.on("disconnect", () => process.exit(0));
  // A Ctrl-C at the terminal reaches the whole group: the parent ends us.
  process.on("SIGINT", () => {});
  process.on("message", async ({ call, name, args }: Call) => {
    let answer: Answer;
    try {
      answer = { call, value: await functions[name]?.(...args) };
    } catch (error) {
      answer = { call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(answer);
  });
}

export interface RemoteProcess<F extends Functions> {
  pid: number;
  remote: Remote<F>;
  end(): void;
}

/** Starts a module that serves functions as a process of its own. */
export function startRemote<F extends Functions>(module: URL): RemoteProcess<F> {
  const child: ChildProcess = fork(module, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  child.on("message", (answer: Answer) => {
    const caller = waiting.get(answer.call);
    waiting.delete(answer.call);
    if ("error" in answer)
      caller?.reject(new Error(`in ${module.pathname.split("/").at(-1)}: ${answer.error}`));
    else caller?.resolve(answer.value);
  });
  child.once("exit", (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`${module.pathname} ended: ${code ?? signal}`));
  });
  const remote = new Proxy({} as Remote<F>, {
    get:
      (_, name: string) =>
      (...args: unknown[]) => {
        const caller = Promise.withResolvers<unknown>();
        calls += 1;
        waiting.set(calls, caller);
        child.send({ call: calls, name, args } satisfies Call);
        return caller.promise;
      },
  });
  return { pid: child.pid ?? 0, remote, end: () => void child.kill("SIGKILL") };
}
