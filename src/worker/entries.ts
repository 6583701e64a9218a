import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { EntryFailed } from "../aws/failures.ts";

/** The entries of a batch call, each named by its place, as `entryOutcomes` reads the answer. */
export function withIds<T>(entries: T[]): (T & { Id: string })[] {
  return entries.map((entry, index) => ({ ...entry, Id: String(index) }));
}

/**
 * What became of each entry of a batch call, in order: a 200 may still carry failed ones. An entry that the
 * answer does not mention counts as failed by the service.
 */
export function entryOutcomes(
  count: number,
  answer: {
    Successful?: { Id?: string | undefined }[] | null | undefined;
    Failed?: BatchResultErrorEntry[] | null | undefined;
  },
): (Error | undefined)[] {
  const outcomes = new Array<Error | undefined>(count);
  // Some servers write null for none.
  const Failed = answer.Failed ?? [];
  const mentioned = new Set([...(answer.Successful ?? []), ...Failed].map(({ Id }) => Number(Id)));
  for (const { Id, Code, Message } of Failed) {
    outcomes[Number(Id)] = new EntryFailed(Code ?? "InternalError", Message ?? "no reason given");
  }
  for (let index = 0; index < count; index++) {
    if (mentioned.has(index)) continue;
    outcomes[index] = new EntryFailed("InternalError", `the answer does not mention entry ${index}`);
  }
  return outcomes;
}
