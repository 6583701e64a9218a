import dynalite from "dynalite";
import type { CallCounts } from "./call-counts.ts";
import { LOOPBACK, listen } from "./listen.ts";

/** A running DynamoDB, in memory. */
export interface LocalDynamo {
  endpoint: string;
  close(): Promise<void>;
}

/** @throws PortTaken */
export async function startDynamo(port: number, calls: CallCounts): Promise<LocalDynamo> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.on("request", (request) => calls.count(request.headers));
  const actual = await listen(server, port, "The embedded DynamoDB", "--dynamodb-port");
  return {
    endpoint: `http://${LOOPBACK}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
