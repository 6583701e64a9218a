import { marshall } from "@aws-sdk/util-dynamodb";
import { CallCounts } from "../../tools/local/call-counts.ts";
import { startDynamo } from "../../tools/local/dynamodb.ts";
import { type WorkloadSpec, workload } from "../workloads.ts";
import { serve } from "./remote.ts";

/* The embedded DynamoDB as a process of its own, which fills and checks a table itself. */

const counts = new CallCounts();
const server = await startDynamo(0, counts);

const WRITES_A_CALL = 25;
const READS_A_CALL = 100;
const AT_ONCE = 4;

/** It wants to be signed to, and does not look how. */
const HEADERS = {
  "content-type": "application/x-amz-json-1.0",
  "x-amz-date": "20260101T000000Z",
  authorization:
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
};

async function call<Output>(operation: string, input: object): Promise<Output> {
  const response = await fetch(server.endpoint, {
    method: "POST",
    headers: { ...HEADERS, "x-amz-target": `DynamoDB_20120810.${operation}` },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${text}`);
  return JSON.parse(text) as Output;
}

async function inChunks<T>(all: T[], size: number, each: (chunk: T[]) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < all.length) {
      const first = next;
      next += size;
      await each(all.slice(first, first + size));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

type Stored = { id: { S: string }; price?: { N: string }; deletedAt?: unknown };

const functions = {
  endpoint: () => server.endpoint,
  calls: (app: string) => Object.fromEntries(counts.of(app)),

  /** Puts in what a workload expects to be there, as this project's worker stores it. */
  async preload(table: string, spec: WorkloadSpec): Promise<void> {
    const at = new Date(spec.startTime - 60_000);
    const system = {
      version: 1,
      createdAt: at.toISOString(),
      updatedAt: at.toISOString(),
      writeTime: at.getTime(),
      writeId: "/preload\n1",
    };
    await inChunks(workload(spec).preloaded, WRITES_A_CALL, async (products) => {
      const puts = products.map((product) => ({ PutRequest: { Item: marshall({ ...product, ...system }) } }));
      await call("BatchWriteItem", { RequestItems: { [table]: puts } });
    });
  },

  /** @returns what differs from what a workload must leave in the table: nothing where it was done */
  async differences(table: string, spec: WorkloadSpec): Promise<string[]> {
    const { stored, deleted } = workload(spec);
    const found: string[] = [];
    const expected = new Map<string, number | undefined>(stored.map(({ id, price }) => [id, price]));
    for (const id of deleted) expected.set(id, undefined);
    await inChunks([...expected], READS_A_CALL, async (chunk) => {
      let keys: object[] = chunk.map(([id]) => ({ id: { S: id } }));
      const items = new Map<string, Stored>();
      while (keys.length > 0) {
        const { Responses, UnprocessedKeys } = await call<{
          Responses: Record<string, Stored[]>;
          UnprocessedKeys?: Record<string, { Keys: object[] }>;
        }>("BatchGetItem", { RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } });
        for (const item of Responses[table] ?? []) items.set(item.id.S, item);
        keys = UnprocessedKeys?.[table]?.Keys ?? [];
      }
      for (const [id, price] of chunk) {
        const item = items.get(id);
        // A tombstone is no product.
        const is = item?.deletedAt === undefined && item ? Number(item.price?.N) : undefined;
        if (is !== price) found.push(`${id} has price ${is}, and must have ${price}`);
      }
    });
    return found;
  },
};
export type DynamoFunctions = typeof functions;
serve(functions);
