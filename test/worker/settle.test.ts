import { ReceiveMessageCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sqsClient } from "../../src/aws/clients.ts";
import { Gate } from "../../src/worker/gate.ts";
import { holding } from "../../src/worker/hold.ts";
import { type Message, SYSTEM_ATTRIBUTES, toMessage } from "../../src/worker/message.ts";
import { Settle } from "../../src/worker/settle.ts";
import { queueCounts } from "../../tools/local/look.ts";
import { type Backend, openBackend } from "../support/backend.ts";
import { type FaultProxy, startProxy, through } from "../support/proxy.ts";
import { until } from "../support/wait.ts";

let backend: Backend;
let proxy: FaultProxy;
let url: string;
let settle: Settle;
let messages: Message[];

beforeAll(async () => {
  backend = await openBackend();
  proxy = await startProxy(String(backend.sqsSettings.endpoint));
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
});

beforeEach(async () => {
  url = (await backend.queues({ fifo: false })).requests;
  const Entries = Array.from({ length: 6 }, (_, n) => ({ Id: String(n), MessageBody: `message ${n}` }));
  await backend.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  messages = await receive();
  expect(messages).toHaveLength(6);
  const sqs = sqsClient({ settings: { ...backend.sqsSettings, endpoint: proxy.endpoint } });
  const hold = holding({
    gate: new Gate("requests", { closed: () => {}, opened: () => {} }),
    throttled: () => {},
    abandoned: new AbortController().signal,
  });
  const at = through(url, proxy.endpoint);
  settle = new Settle({ sqs, url: at, hold, working: () => messages.length });
});
afterEach(() => {
  proxy.faults = () => undefined;
  proxy.seen.length = 0;
});

async function receive(): Promise<Message[]> {
  const { Messages = [] } = await backend.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: [...SYSTEM_ATTRIBUTES],
    }),
  );
  return Messages.map((message) => toMessage(message, Date.now()));
}

const left = async () => (await queueCounts(backend.sqs, url)).invisible;

const calls = (operation: string) => proxy.seen.filter((call) => call.operation === operation);

test("messages are deleted in one call", async () => {
  await Promise.all(messages.map((message) => settle.delete(message)));
  expect(calls("DeleteMessageBatch")).toHaveLength(1);
  expect(await left()).toBe(0);
});

describe("where single entries of a delete fail", () => {
  test("by the service, those and only those are sent again until they succeed", async () => {
    proxy.faults = ({ operation }) =>
      operation === "DeleteMessageBatch" && calls(operation).length <= 2
        ? { kind: "fail-entries", fails: (index) => index % 2 === 0, code: "InternalError" }
        : undefined;
    expect(await Promise.all(messages.map((message) => settle.delete(message)))).toEqual(
      Array(6).fill("done"),
    );
    expect(await left()).toBe(0);
    const handles = calls("DeleteMessageBatch").map(({ body }) =>
      (body.Entries as { ReceiptHandle: string }[]).map(({ ReceiptHandle }) => ReceiptHandle),
    );
    expect(handles[0]).toHaveLength(6);
    for (const retried of handles.slice(1).flat()) expect(handles[0]).toContain(retried);
    expect(handles.flat()).not.toHaveLength(6);
    // What succeeded at first is not sent again.
    for (const index of [1, 3, 5]) {
      expect(handles.flat().filter((handle) => handle === handles[0]?.[index])).toHaveLength(1);
    }
  });

  test("for a message that has left the worker's hand, it is told, and the others are deleted", async () => {
    proxy.faults = () => ({
      kind: "fail-entries",
      fails: (index) => index === 1,
      code: "ReceiptHandleIsInvalid",
    });
    const settled = await Promise.all(messages.map((message) => settle.delete(message)));
    expect(settled).toEqual(["done", "gone", "done", "done", "done", "done"]);
    expect(calls("DeleteMessageBatch")).toHaveLength(1);
    expect(await left()).toBe(1);
  });

  test("for good, it is the caller's failure alone", async () => {
    proxy.faults = () => ({
      kind: "fail-entries",
      fails: (index) => index === 0,
      code: "InvalidParameterValue",
    });
    const settled = await Promise.allSettled(messages.map((message) => settle.delete(message)));
    expect(settled.map(({ status }) => status)).toEqual(["rejected", ...Array(5).fill("fulfilled")]);
  });

  test("and an answer does not mention one, it counts as failed and is sent again", async () => {
    let cut = true;
    proxy.faults = ({ operation, body }) => {
      if (operation !== "DeleteMessageBatch" || !cut) return undefined;
      cut = false;
      // The proxy drops the first entry from what the server sees, and so from its answer.
      (body.Entries as unknown[]).shift();
      return { kind: "fail-entries", fails: (index) => index === 0, code: "InternalError" };
    };
    await Promise.all(messages.map((message) => settle.delete(message)));
    expect(await left()).toBe(0);
  });
});

test("a whole call that fails is made again, and no message is lost", async () => {
  let failures = 3;
  proxy.faults = () => (failures-- > 0 ? { kind: "status", status: 503 } : undefined);
  await Promise.all(messages.map((message) => settle.delete(message)));
  expect(await left()).toBe(0);
});

test("a message made visible at once is received again; one for later is not", async () => {
  const [now, later] = messages as [Message, Message];
  await Promise.all([settle.reappear(now, 0), settle.reappear(later, 600)]);
  const again = await until("the released message", async () => {
    const received = await receive();
    return received.length > 0 && received;
  });
  expect(again.map(({ messageId, receiveCount }) => [messageId, receiveCount])).toEqual([[now.messageId, 2]]);
  expect(await receive()).toEqual([]);
});

test("visibility changes and deletes do not share calls", async () => {
  const [first, second] = messages as [Message, Message];
  await Promise.all([settle.reappear(first, 0), settle.delete(second)]);
  expect(new Set(proxy.seen.map(({ operation }) => operation))).toEqual(
    new Set(["ChangeMessageVisibilityBatch", "DeleteMessageBatch"]),
  );
});
