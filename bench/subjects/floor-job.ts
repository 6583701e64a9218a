import type { BenchRequest } from "../workloads.ts";
import { environment } from "./announce.ts";
import { fifoFields } from "./fifo-fields.ts";

/** A received message, as far as the floor needs it. */
export interface FloorMessage {
  Body?: string | undefined;
  ReceiptHandle?: string | undefined;
}

/** The five calls the job needs, each full. */
export interface FloorCalls<Item> {
  /** ReceiveMessage ×10. */
  receive(waitSeconds: number): Promise<FloorMessage[]>;
  /** UpdateItem, by the values that `setting` names. */
  write(id: string, values: Record<string, unknown>, setting: Setting): Promise<void>;
  /** BatchGetItem of up to 100 different ids. */
  read(ids: string[]): Promise<Map<string, Item>>;
  /** SendMessageBatch ×10. */
  send(entries: { Id: string; MessageBody: string }[]): Promise<void>;
  /** DeleteMessageBatch ×10. */
  remove(entries: { Id: string; ReceiptHandle: string }[]): Promise<void>;
}

/** A write of the kind that the product worker makes: the same fields under the same condition. */
interface Setting {
  UpdateExpression: string;
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
}

const names = (...fields: string[]) => Object.fromEntries(fields.map((field, index) => [`#${index}`, field]));
const PUT: Setting = {
  UpdateExpression:
    "SET #0=:name,#1=:price,#2=:description,#3=:attributes,#4=:at,#5=if_not_exists(#5,:at),#6=:writeTime,#7=:writeId,#8=if_not_exists(#8,:zero) + :one REMOVE #9,#10,#11",
  ConditionExpression: "attribute_not_exists(#6) OR #6<:writeTime",
  ExpressionAttributeNames: names(
    ...["name", "price", "description", "attributes", "updatedAt", "createdAt", "writeTime", "writeId"],
    ...["version", "deletedAt", "expiresAt", "tiedWrites"],
  ),
};
const DELETE: Setting = {
  UpdateExpression:
    "SET #0=:at,#1=:expiresAt,#2=:writeTime,#3=:writeId,#4=if_not_exists(#4,:zero) + :one REMOVE #5,#6,#7,#8,#9,#10,#11",
  ConditionExpression: "attribute_not_exists(#2) OR #2<:writeTime",
  ExpressionAttributeNames: names(
    ...["deletedAt", "expiresAt", "writeTime", "writeId", "version", "name", "price", "description"],
    ...["attributes", "createdAt", "updatedAt", "tiedWrites"],
  ),
};

const RESULTS = environment("RESULTS_QUEUE_URL");
const BATCH = 10;
/** Rounds under way at once: one's writes while the other receives. */
const ROUNDS = 2;

/**
 * The floor: no logic at all, no validation, no care for failures; a loop that makes the calls the job needs, in
 * perfectly full batches. Rounds of 100 messages, so that a BatchGetItem is full too.
 */
export function startFloor<Item>(calls: FloorCalls<Item>): void {
  for (let round = 0; round < ROUNDS; round++) {
    void loop(calls).catch((error) => {
      console.error(error);
      process.exit(1);
    });
  }
}

async function loop<Item>(calls: FloorCalls<Item>): Promise<never> {
  for (;;) {
    const messages = await calls.receive(20);
    if (messages.length === BATCH) {
      const more = await Promise.all(Array.from({ length: BATCH - 1 }, () => calls.receive(0)));
      messages.push(...more.flat());
    }
    if (messages.length > 0) await work(calls, messages);
  }
}

async function work<Item>(calls: FloorCalls<Item>, messages: FloorMessage[]): Promise<void> {
  const requests = messages.map(({ Body }) => JSON.parse(Body ?? "") as BenchRequest);
  const read = new Set<string>();
  for (const { type, data } of requests) if (type === "product.get") read.add(data.id);
  const [items] = await Promise.all([
    read.size > 0 ? calls.read([...read]) : new Map<string, Item>(),
    ...requests.map((request) => write(calls, request)),
  ]);
  const results = requests.map((request) => resultOf(request, items));
  await Promise.all(chunks(results).map((entries) => calls.send(entries)));
  const handles = messages.map(({ ReceiptHandle = "" }) => ({ ReceiptHandle }));
  await Promise.all(chunks(handles).map((entries) => calls.remove(entries)));
}

async function write<Item>(calls: FloorCalls<Item>, request: BenchRequest): Promise<void> {
  if (request.type === "product.get") return;
  const at = new Date().toISOString();
  const writeTime = Date.parse(request.time ?? at);
  const bookkeeping = { ":writeTime": writeTime, ":writeId": request.id, ":zero": 0, ":one": 1 };
  if (request.type === "product.delete") {
    const values = { ...bookkeeping, ":at": at, ":expiresAt": Math.ceil(writeTime / 1000) };
    return calls.write(request.data.id, values, DELETE);
  }
  const { id, name, price, description, attributes } = request.data.product;
  const fields = { ":name": name, ":price": price, ":description": description, ":attributes": attributes };
  return calls.write(id, { ...fields, ...bookkeeping, ":at": at }, PUT);
}

function resultOf<Item>(request: BenchRequest, items: Map<string, Item>): { MessageBody: string } {
  const { id, source, type, data } = request;
  const subject = type === "product.put" ? data.product.id : data.id;
  const time = new Date().toISOString();
  const product =
    type === "product.get"
      ? { product: items.get(subject) }
      : type === "product.put" && {
          product: { ...data.product, version: 1, createdAt: time, updatedAt: time },
        };
  const MessageBody = JSON.stringify({
    specversion: "1.0",
    // As long as the worker's.
    id: id.padEnd(64, "0"),
    source: "/product-worker",
    type: `${type}.result`,
    subject,
    time,
    datacontenttype: "application/json",
    causationid: id,
    causationsource: source,
    data: { status: "ok", outcome: "done", ...product },
  });
  return { MessageBody, ...fifoFields(RESULTS, subject, id) };
}

function chunks<T extends object>(all: T[]): (T & { Id: string })[][] {
  const made: (T & { Id: string })[][] = [];
  for (let first = 0; first < all.length; first += BATCH) {
    made.push(all.slice(first, first + BATCH).map((each, index) => ({ ...each, Id: String(index) })));
  }
  return made;
}
