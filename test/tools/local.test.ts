import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeQueue } from "../../src/aws/queues.ts";
import { type Backends, startBackends, startServers } from "../../tools/local/backends.ts";
import { PortTaken } from "../../tools/local/listen.ts";
import { until } from "../support/wait.ts";

let backends: Backends;
let sqs: SQSClient;

beforeAll(async () => {
  backends = await startBackends();
  sqs = new SQSClient(backends.sqs);
});
afterAll(async () => {
  sqs.destroy();
  await backends.close();
});

const portOf = ({ endpoint }: { endpoint: string }) => Number(new URL(endpoint).port);

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

describe("the embedded backends", () => {
  test("are reachable from loopback and from no other address of this machine", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { endpoint } of [backends.sqs, backends.dynamo]) {
      expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await canConnect("127.0.0.1", portOf({ endpoint }))).toBe(true);
      for (const { address } of others) expect(await canConnect(address, portOf({ endpoint }))).toBe(false);
    }
  });

  test("give queue URLs that resolve everywhere", async () => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: "product-requests.fifo" }));
    expect(QueueUrl).toBe(backends.queues.requests);
    expect(QueueUrl).toBe(`${backends.sqs.endpoint}/000000000000/product-requests.fifo`);
  });

  test("redrive to the dead-letter queue after five receives", async () => {
    expect(await describeQueue(sqs, backends.queues.requests)).toMatchObject({
      fifo: true,
      maxReceiveCount: 5,
      deadLetterArn: expect.stringMatching(/:product-dead-letters\.fifo$/),
    });
  });

  test("give a message to a receive whose client has gone to the next one, as if never delivered", async () => {
    const QueueUrl = backends.queues.results;
    const gone = new AbortController();
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ["All"],
    });
    const waiting = sqs.send(receive, { abortSignal: gone.signal });
    await until("the receive to wait", () =>
      [...backends.calls.of("other").keys()].includes("ReceiveMessage"),
    );
    gone.abort();
    await expect(waiting).rejects.toThrow();
    const message = { MessageBody: "x", MessageGroupId: "g", MessageDeduplicationId: "d" };
    await sqs.send(new SendMessageCommand({ QueueUrl, ...message }));
    const { Messages } = await sqs.send(receive);
    expect(Messages).toMatchObject([{ Body: "x", Attributes: { ApproximateReceiveCount: "1" } }]);
  });

  test("say which port is taken and how to choose another", async () => {
    const taken = startServers(portOf(backends.sqs), 0);
    await expect(taken).rejects.toThrow(PortTaken);
    await expect(taken).rejects.toThrow(/--sqs-port/);
    await expect(startServers(0, portOf(backends.dynamo))).rejects.toThrow(/--dynamodb-port/);
  });
});
