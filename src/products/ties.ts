import { digest } from "../contract/identity.ts";

/*
 * Two writes of a product may bear the same time: `time` has a resolution of a millisecond, and messages of
 * one batch share their SentTimestamp. The later to arrive wins, which keeps a FIFO queue's order. But then
 * `writeId` alone no longer tells a redelivery of the earlier one from a new request, and it would be applied
 * twice. So an item remembers which writes of its very `writeTime` came before its last; a write of a newer
 * time forgets them. Nothing is stored, and no call is spent, while times differ.
 */

/** How many are remembered. A producer that sends more writes of one product with one time has a broken clock. */
const MOST = 64;

function digestOf(writeId: string): string {
  return digest(writeId).slice(0, 32);
}

/** Whether `writeId` is among the remembered ones. */
export function wasTied(tiedWrites: readonly string[] | undefined, writeId: string): boolean {
  return tiedWrites?.includes(digestOf(writeId)) ?? false;
}

/** The remembered ones after one more write of the same time replaces `lastWriteId`. */
export function tiedWith(tiedWrites: readonly string[] | undefined, lastWriteId: string): string[] {
  return [...(tiedWrites ?? []), digestOf(lastWriteId)].slice(-MOST);
}
