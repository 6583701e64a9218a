import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pollingClient } from "../../src/aws/clients.ts";

/* Of nobody but these tests: a key and its certificate for "localhost". */
const fixture = (name: string) =>
  readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url), "utf8");
const certificate = fixture("certificate");
const trusted = getCACertificates("default");
let server: Server;
let endpoint: string;
let connections = 0;
let calls = 0;

beforeAll(async () => {
  server = createServer({ key: fixture("key"), cert: certificate }, (incoming, answer) => {
    calls += 1;
    incoming.resume().on("end", () => answer.end("{}"));
  });
  server.on("secureConnection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const receive = async (times: number) => {
  const settings = { region: "eu-west-1", endpoint, credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const client = pollingClient({ settings });
  try {
    for (let n = 0; n < times; n++) {
      await client.send(new ReceiveMessageCommand({ QueueUrl: `${endpoint}/1/queue` }));
    }
  } finally {
    client.destroy();
  }
};

test("calls go over TLS, with connections used again, where the certificate is trusted", async () => {
  setDefaultCACertificates([...trusted, certificate]);
  await receive(5);
  expect(calls).toBe(5);
  // The pool may open a second one while an answer is still being handed on.
  expect(connections).toBeLessThanOrEqual(2);
});

test("no call is made where it is not", async () => {
  setDefaultCACertificates(trusted);
  const before = calls;
  await expect(receive(1)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(calls).toBe(before);
});
