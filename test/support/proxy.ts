import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** One call in AWS's JSON protocol, on its way to the server. */
export interface Call {
  operation: string;
  body: Record<string, unknown>;
  text: string;
}

/**
 * What happens to a call instead of a plain answer.
 * - `refuse`: the connection is closed and the server never sees the call.
 * - `hang`: no answer, ever.
 * - `stall`: the head of an answer, and no more.
 * - `delay`: the answer comes so much later; the server acts at once.
 * - `reset-after`: the server acts, and the connection is closed before the client knows.
 * - `status`: an answer without an AWS error, as from a load balancer.
 * - `error`: an AWS error in wire form.
 * - `fail-entries`: of a batch, these entries fail and the rest goes through.
 */
export type Fault =
  | { kind: "refuse" | "hang" | "stall" | "reset-after" }
  | { kind: "delay"; ms: number }
  | { kind: "status"; status: number }
  | { kind: "error"; type: string; message?: string; status?: number }
  | { kind: "fail-entries"; fails: (index: number) => boolean; code: string };

export type Faults = (call: Call) => Fault | undefined;

/** @returns the answer to give instead; undefined for the one that came */
export type Rewrite = (call: Call, answer: Record<string, unknown>) => Record<string, unknown> | undefined;

/** A proxy to one AWS endpoint that injects faults. */
export interface FaultProxy {
  endpoint: string;
  /** Which calls go wrong, and how. Replace it at any time. */
  faults: Faults;
  /** Told of every call as it comes. */
  onCall: (call: Call) => void;
  /** Changes, or looks at, the answers to receives. Replace it at any time. */
  rewrite: Rewrite;
  /** Every call that came, also those that went wrong; empty it, or set `record` to false, where they are many. */
  seen: Call[];
  record: boolean;
  /** Closes the connections of the calls that hang. */
  dropHanging(): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

type Entry = { Id: string };

const ANSWER = { "content-type": "application/x-amz-json-1.0" };

/** A queue's URL with the proxy's address in it: the SDK goes where the URL points. */
export function through(url: string, endpoint: string): string {
  return url.replace(/^https?:\/\/[^/]+/, endpoint);
}

export async function startProxy(target: string): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hanging = new Set<IncomingMessage>();
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: () => undefined,
    onCall: () => {},
    rewrite: () => undefined,
    seen: [],
    record: true,
    dropHanging() {
      for (const { socket } of hanging) socket.destroy();
      hanging.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const text = (await read(incoming)).toString("utf8");
    const operation = String(incoming.headers["x-amz-target"] ?? "").split(".")[1] ?? "";
    const call = { operation, text, body: JSON.parse(text || "{}") as Record<string, unknown> };
    if (proxy.record) proxy.seen.push(call);
    proxy.onCall(call);
    const fault = proxy.faults(call);
    try {
      switch (fault?.kind) {
        case "refuse":
          incoming.socket.destroy();
          return;
        case "hang":
          hanging.add(incoming);
          return;
        case "stall":
          hanging.add(incoming);
          outgoing.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": "100" });
          outgoing.write("{");
          return;
        case "delay": {
          const answer = await forward(incoming, outgoing, text);
          await delay(fault.ms);
          reply(outgoing, answer);
          return;
        }
        case "reset-after":
          await forward(incoming, outgoing, text);
          incoming.socket.destroy();
          return;
        case "status":
          outgoing.writeHead(fault.status).end("the proxy says so");
          return;
        case "error":
          answerError(outgoing, fault);
          return;
        case "fail-entries":
          reply(outgoing, await failEntries(incoming, outgoing, call, fault));
          return;
        default:
          reply(outgoing, rewritten(call, await forward(incoming, outgoing, text)));
      }
    } catch {
      incoming.socket.destroy();
    }
  }

  function rewritten(call: Call, answer: Answer): Answer {
    if (answer.status !== 200 || call.operation !== "ReceiveMessage") return answer;
    const changed = proxy.rewrite(call, JSON.parse(answer.body.toString("utf8") || "{}"));
    return changed ? { status: 200, headers: ANSWER, body: json(changed) } : answer;
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, "content-length": String(Buffer.byteLength(text)) };
      const onward = send(target, { method: incoming.method, headers, path: incoming.url }, (answer) => {
        read(answer).then((body) => {
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body });
        }, reject);
      });
      // A receive ends with its client, as it would without a proxy between.
      if (String(incoming.headers["x-amz-target"]).endsWith(".ReceiveMessage")) {
        outgoing.once("close", () => onward.destroy());
      }
      onward.on("error", reject);
      onward.end(text);
    });
  }

  async function failEntries(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { body, text }: Call,
    { fails, code }: Extract<Fault, { kind: "fail-entries" }>,
  ): Promise<Answer> {
    const entries = (body.Entries ?? []) as Entry[];
    const Failed = entries
      .filter((_, index) => fails(index))
      .map(({ Id }) => ({ Id, Code: code, SenderFault: false, Message: "the proxy says so" }));
    const rest = entries.filter((_, index) => !fails(index));
    if (Failed.length === 0) return forward(incoming, outgoing, text);
    const headers = ANSWER;
    if (rest.length === 0) return { status: 200, headers, body: json({ Successful: [], Failed }) };
    const answer = await forward(incoming, outgoing, JSON.stringify({ ...body, Entries: rest }));
    if (answer.status !== 200) return answer;
    const parsed = JSON.parse(answer.body.toString("utf8")) as { Successful?: Entry[]; Failed?: Entry[] };
    return { status: 200, headers, body: json({ ...parsed, Failed: [...(parsed.Failed ?? []), ...Failed] }) };
  }

  return proxy;
}

function answerError(outgoing: ServerResponse, fault: Extract<Fault, { kind: "error" }>): void {
  const { type, message = "the proxy says so", status = 400 } = fault;
  outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.0", "x-amzn-errortype": type });
  outgoing.end(JSON.stringify({ __type: `com.amazonaws#${type}`, message }));
}

function reply(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _, "transfer-encoding": __, ...kept } = headers;
  outgoing.writeHead(status, { ...kept, "content-length": String(body.length) }).end(body);
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
