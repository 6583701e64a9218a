import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpRequest } from "@smithy/core/protocols";
import { afterEach, describe, expect, test } from "vitest";
import { HttpHandler } from "../../src/aws/http-handler.ts";

let server: Server | undefined;
let handler: HttpHandler | undefined;

afterEach(async () => {
  handler?.destroy();
  server?.closeAllConnections();
  server?.close();
  if (server) await once(server, "close");
});

/** A request to a server that answers so, and the handler it goes through. */
async function to(answer: RequestListener, timeoutMs = 10_000, connections = 4) {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  handler = new HttpHandler(timeoutMs, connections);
  const { port } = server.address() as AddressInfo;
  const request = new HttpRequest({
    method: "POST",
    protocol: "http:",
    hostname: "127.0.0.1",
    port,
    path: "/",
    headers: { "x-one": "1" },
    body: "{}",
  });
  return { handler, request };
}

test("an answer comes whole, however many pieces it came in", async () => {
  const pieces = ["one ", "two ", "€ three"];
  const { handler, request } = await to((_, answer) => {
    answer.writeHead(201, { "x-answer": "yes" });
    for (const piece of pieces) answer.write(piece);
    answer.end();
  });
  const { response } = await handler.handle(request);
  expect(response.statusCode).toBe(201);
  expect(response.headers).toMatchObject({ "x-answer": "yes" });
  expect(Buffer.from(response.body).toString()).toBe(pieces.join(""));
});

test("an answer without a body is empty", async () => {
  const { handler, request } = await to((_, answer) => answer.writeHead(204).end());
  const { response } = await handler.handle(request);
  expect(response.body).toHaveLength(0);
});

test("calls are under way at once, and later ones use their connections again", async () => {
  const waiting: (() => void)[] = [];
  const ports = new Set<number | undefined>();
  const { handler, request } = await to((incoming, answer) => {
    ports.add(incoming.socket.remotePort);
    waiting.push(() => answer.end("{}"));
    if (waiting.length === 3) for (const end of waiting.splice(0)) end();
  });
  for (let round = 0; round < 3; round++) {
    await Promise.all([1, 2, 3].map(() => handler.handle(request)));
  }
  // Of four that there may be: nine calls did not take nine.
  expect(ports.size).toBeLessThanOrEqual(4);
});

describe("a call ends", () => {
  test("when it gets no answer in time", async () => {
    const { handler, request } = await to(() => {}, 50);
    await expect(handler.handle(request)).rejects.toMatchObject({ code: "UND_ERR_HEADERS_TIMEOUT" });
  });

  test("when its answer stops in the middle", async () => {
    const { handler, request } = await to((_, answer) => void answer.writeHead(200).write("{"), 50);
    await expect(handler.handle(request)).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
  });

  test("when the server closes the connection", async () => {
    const { handler, request } = await to((incoming) => incoming.socket.destroy());
    await expect(handler.handle(request)).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
  });

  test("when it is aborted before", async () => {
    const { handler, request } = await to((_, answer) => answer.end());
    const abortSignal = AbortSignal.abort();
    await expect(handler.handle(request, { abortSignal })).rejects.toMatchObject({ name: "AbortError" });
  });

  test("when it is aborted while it waits, and the server sees its connection close", async () => {
    const controller = new AbortController();
    const closed = Promise.withResolvers<void>();
    const { handler, request } = await to((incoming) => {
      incoming.socket.once("close", () => closed.resolve());
      controller.abort();
    });
    const call = handler.handle(request, { abortSignal: controller.signal });
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    await closed.promise;
  });

  test("when the handler is destroyed", async () => {
    const { handler, request } = await to(() => handler.destroy());
    await expect(handler.handle(request)).rejects.toThrow();
  });
});
