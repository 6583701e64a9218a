import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach } from "vitest";

export interface Captured {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface CaptureServer {
  endpoint: string;
  /** Requests as they came. */
  seen: Captured[];
  /** What every request is answered with. Replace it at any time. */
  answer: { status: number; headers?: Record<string, string>; body: string };
  close(): Promise<void>;
}

/** A server that keeps what it is sent, byte for byte, and answers what it is told to. */
export async function startCapture(): Promise<CaptureServer> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method, url: path, headers } = incoming;
    capture.seen.push({ method, path, headers, body: Buffer.concat(chunks).toString("utf8") });
    const { answer } = capture;
    outgoing
      .writeHead(answer.status, { "x-amzn-requestid": "request-1", ...answer.headers })
      .end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const capture: CaptureServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    answer: { status: 200, body: "{}" },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return capture;
}

/** One for a whole test file, from `beforeAll` on; each test begins with nothing seen and an empty answer. */
export function useCapture(): { readonly server: CaptureServer } {
  let server: CaptureServer;
  beforeAll(async () => {
    server = await startCapture();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.seen = [];
    server.answer = { status: 200, body: "{}" };
  });
  return {
    get server() {
      return server;
    },
  };
}
