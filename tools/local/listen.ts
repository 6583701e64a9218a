import type { AddressInfo, Server } from "node:net";

/** Embedded backends are reachable from this machine only. */
export const LOOPBACK = "127.0.0.1";

/** An embedded backend could not get its port. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
  constructor(what: string, port: number, option: string, cause: unknown) {
    super(
      `${what} needs port ${port} on ${LOOPBACK}, and another program has it (a second \`npm run local\`?). ` +
        `Stop that one, or choose another port with ${option}.`,
      { cause },
    );
  }
}

/** What a failed listen is to be reported as. */
export function listenError(error: NodeJS.ErrnoException, what: string, port: number, option: string): Error {
  return error.code === "EADDRINUSE" ? new PortTaken(what, port, option, error) : error;
}

/**
 * Listens on loopback.
 * @param port 0 for any free one
 * @returns the port
 * @throws PortTaken
 */
export async function listen(server: Server, port: number, what: string, option: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, what, port, option)));
    server.listen(port, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port;
}
