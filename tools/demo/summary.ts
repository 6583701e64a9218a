import { styleText } from "node:util";
import type { ResultData } from "../../src/contract/result.ts";
import type { Exchange } from "./exchange.ts";
import type { Sent } from "./traffic.ts";

const count = (n: number) => n.toLocaleString("en");
const heading = (text: string) => styleText("bold", text);
const faint = (text: string) => styleText("dim", text);

/** How often each comes, the most frequent first. */
function tally(names: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

function inWords(tallied: [string, number][]): string {
  return tallied.map(([name, n]) => `${name} ${count(n)}`).join(", ");
}

function outcomeOf(data: ResultData): string {
  if (data.status === "failed") return data.error.code;
  return "replayed" in data && data.replayed ? `${data.outcome} (replayed)` : data.outcome;
}

/** The value below which `share` of the sorted numbers lie. */
function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** From the first send of each request to its first result, ms, sorted. */
function latencies(messages: Sent[], { sentAt, results }: Exchange): number[] {
  const sent = new Map<string, number>();
  messages.forEach(({ fate }, index) => {
    if (fate.kind !== "parked" && !sent.has(fate.requestId)) sent.set(fate.requestId, sentAt[index] ?? 0);
  });
  const times = new Map<string, number>();
  for (const { result, at } of results) {
    const from = sent.get(result.causationid);
    if (from !== undefined && !times.has(result.causationid)) times.set(result.causationid, at - from);
  }
  return [...times.values()].sort((a, b) => a - b);
}

/**
 * What happened, for a person.
 * @param calls the worker's AWS calls by operation, as the backends counted them
 */
export function summary(messages: Sent[], exchange: Exchange, calls: Map<string, number>): string {
  const { results, deadLetters, ms } = exchange;
  const byType = Map.groupBy(results, ({ result }) => result.type.replace(/\.result$/, ""));
  const types = [...byType].sort(([, a], [, b]) => b.length - a.length);
  const width = Math.max(...types.map(([type]) => type.length), 0);
  const outcomes = types.map(([type, received]) => {
    const words = inWords(tally(received.map(({ result }) => outcomeOf(result.data))));
    return `  ${type.padEnd(width)} ${count(received.length).padStart(6)}   ${words}`;
  });
  const reasons = tally(
    deadLetters.map(({ MessageAttributes }) => MessageAttributes?.RejectedReason?.StringValue ?? ""),
  );
  const times = latencies(messages, exchange);
  const operations = [...calls].sort(([, a], [, b]) => b - a);
  const total = operations.reduce((sum, [, n]) => sum + n, 0);
  const perMessage = (n: number) => (n / messages.length).toFixed(2);
  return [
    heading("Answered, by request type"),
    ...outcomes,
    "",
    heading("Dead letters, by reason"),
    `  ${deadLetters.length > 0 ? inWords(reasons) : "none"}`,
    "",
    heading("Speed"),
    `  ${count(Math.round((messages.length / ms) * 1000))} requests/s  ${faint(`(${count(messages.length)} in ${(ms / 1000).toFixed(1)} s; worker, sender and both backends share this machine)`)}`,
    `  send to result: p50 ${count(percentile(times, 0.5))} ms, p99 ${count(percentile(times, 0.99))} ms  ${faint("(all sent at once: mostly time in the queue)")}`,
    "",
    heading("AWS calls"),
    `  ${perMessage(total)} a message  ${faint(operations.map(([name, n]) => `${name} ${perMessage(n)}`).join(", "))}`,
    "",
  ].join("\n");
}
