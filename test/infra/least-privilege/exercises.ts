import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Result } from "../../../src/contract/result.ts";
import { queueCounts } from "../../../tools/local/look.ts";
import type { Backend } from "../../support/backend.ts";
import type { Fault, FaultProxy, Faults } from "../../support/proxy.ts";
import { type Outgoing, put, type RunningWorker, request } from "../../support/running-worker.ts";
import { until } from "../../support/wait.ts";

/** A running worker, and what stands between it and the services. */
interface Exercised {
  backend: Backend;
  running: RunningWorker;
  dynamo: FaultProxy;
  sqs: FaultProxy;
  /** A further queue that ReplyTo may name: as the worker knows it, and where it really is. */
  reply: { named: string; url: string };
}

/** Makes the worker do one thing that it does, and sees that it did. */
type Exercise = (exercised: Exercised) => Promise<void>;

/** Everything the worker does, each as a step of its own; made in this order, and the last one ends the worker. */
export const exercises: Readonly<Record<string, Exercise>> = {
  async writes({ running }) {
    const id = randomUUID();
    expect(await outcome(running, put({ id }))).toBe("created");
    expect(await outcome(running, request("product.update", { id, changes: { price: 5 } }))).toBe("updated");
    expect(await outcome(running, request("product.delete", { id }))).toBe("deleted");
  },

  async gets({ running }) {
    expect(await outcome(running, request("product.get", { id: randomUUID() }))).toBe("NOT_FOUND");
  },

  async refuses({ running }) {
    expect(await outcome(running, request("product.put", {}))).toBe("INVALID_REQUEST");
  },

  async replies({ running, reply }) {
    const attributes = { ReplyTo: { DataType: "String", StringValue: reply.named } };
    await running.send({ body: request("product.get", { id: randomUUID() }), attributes });
    expect(await running.results(1, reply.url)).toHaveLength(1);
  },

  async parks({ running }) {
    await running.send({ body: "no envelope" });
    expect(await running.deadLetters(1)).toHaveLength(1);
  },

  async givesUp({ running, dynamo }) {
    const id = randomUUID();
    dynamo.faults = about(id, { kind: "error", type: "SomethingNew" });
    expect(await outcome(running, put({ id }))).toBe("GAVE_UP");
    expect(await running.deadLetters(1)).toHaveLength(1);
  },

  /** The first attempt at the write gets no answer until the message's visibility has been extended. */
  async leases({ running, dynamo, sqs }) {
    const id = randomUUID();
    dynamo.faults = about(id, { kind: "hang" });
    await running.send({ body: put({ id }) });
    const before = sqs.seen.length;
    await until("the visibility to be extended", () =>
      wasCalled(sqs, "ChangeMessageVisibilityBatch", before),
    );
    dynamo.faults = () => undefined;
    dynamo.dropHanging();
    expect((await running.results(1)).map(outcomeOf)).toEqual(["created"]);
  },

  async ties({ running }) {
    const id = randomUUID();
    const time = new Date(Date.now() - 60_000).toISOString();
    expect(await outcome(running, put({ id }, { time }))).toBe("created");
    expect(await outcome(running, put({ id, price: 5 }, { time }))).toBe("replaced");
  },

  /** The condition fails. The embedded backend leaves out the old item, and DynamoDB where there is none: it is read. */
  async conflicts({ running }) {
    const id = randomUUID();
    expect(await outcome(running, put({ id }))).toBe("created");
    expect(await outcome(running, put({ id }, {}, { ifVersion: 7 }))).toBe("CONFLICT");
    expect(await outcome(running, request("product.delete", { id: randomUUID() }))).toBe("NOT_FOUND");
  },

  async isThrottled({ running, dynamo, sqs }) {
    const id = randomUUID();
    dynamo.faults = about(id, { kind: "error", type: "ProvisionedThroughputExceededException" }, 1);
    sqs.faults = about(id, { kind: "error", type: "OverLimit" }, 1);
    expect(await outcome(running, put({ id }))).toBe("created");
    expect(running.log.filter(({ msg }) => msg === "throttled")).toHaveLength(2);
  },

  /** After those that leave products behind, so that there are pages. */
  async lists({ running }) {
    let pages = 0;
    let cursor: string | undefined;
    do {
      const [result] = await answers(running, request("product.list", { limit: 1, cursor }));
      if (result?.data.status !== "ok" || result.data.outcome !== "listed") throw new Error("no page came");
      cursor = result.data.cursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThan(2);
  },

  /** Stopped while the table cannot be reached, it makes visible again what it holds. */
  async drains({ backend, running, dynamo }) {
    const id = randomUUID();
    dynamo.faults = about(id, { kind: "refuse" });
    const before = dynamo.seen.length;
    await running.send({ body: put({ id }) });
    await until("the message to be in hand", () => wasCalled(dynamo, "UpdateItem", before));
    await running.stop();
    expect(await queueCounts(backend.sqs, running.queues.requests)).toEqual({ visible: 1, invisible: 0 });
  },
};

/** The fault for calls that speak of a product, so many times. */
function about(id: string, fault: Fault, times = Number.POSITIVE_INFINITY): Faults {
  return ({ text }) => (text.includes(id) && times-- > 0 ? fault : undefined);
}

function wasCalled(proxy: FaultProxy, operation: string, since: number): boolean {
  return proxy.seen.slice(since).some((call) => call.operation === operation);
}

async function answers(running: RunningWorker, body: Outgoing["body"]): Promise<Result[]> {
  await running.send({ body });
  return running.results(1);
}

async function outcome(running: RunningWorker, body: Outgoing["body"]): Promise<string | undefined> {
  return (await answers(running, body)).map(outcomeOf)[0];
}

const outcomeOf = ({ data }: Result) => (data.status === "failed" ? data.error.code : data.outcome);
