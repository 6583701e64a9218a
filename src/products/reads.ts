import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import DataLoader from "dataloader";
import { type Item, itemOf } from "./item.ts";

/** BatchGetItem's limit. */
const KEYS_A_CALL = 100;

/** Sends a BatchGetItem; retrying, where wanted, is inside. */
export type SendBatchGet = (command: BatchGetItemCommand) => Promise<BatchGetItemCommandOutput>;

/**
 * Strongly consistent reads by id, collected over everything in flight: one BatchGetItem for up to 100 ids.
 * Keys that come back unprocessed are asked for again. A read never sees less than what was written before it
 * was asked for: it is not cached, and its call is made after it was asked for.
 *
 * @param schedule calls back when the reads collected so far are to be sent
 */
export function batchedReads(
  table: string,
  send: SendBatchGet,
  schedule: (flush: () => void) => void,
): (id: string) => Promise<Item | undefined> {
  const loader = new DataLoader<string, Item | undefined>((ids) => readAll(table, send, ids), {
    cache: false,
    maxBatchSize: KEYS_A_CALL,
    batchScheduleFn: schedule,
  });
  return (id) => loader.load(id);
}

async function readAll(
  table: string,
  send: SendBatchGet,
  ids: readonly string[],
): Promise<(Item | undefined)[]> {
  const items = new Map<string, Item>();
  // A call with the same key twice is refused.
  let keys: Record<string, AttributeValue>[] = [...new Set(ids)].map((id) => ({ id: { S: id } }));
  while (keys.length > 0) {
    const output = await send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
    );
    for (const attributes of output.Responses?.[table] ?? []) {
      const item = itemOf(attributes);
      items.set(item.id, item);
    }
    keys = output.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return ids.map((id) => items.get(id));
}
