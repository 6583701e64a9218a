import { isDeepStrictEqual } from "node:util";
import { SQSClient } from "@aws-sdk/client-sqs";
import { resultId } from "../../src/contract/identity.ts";
import { type Result, result as resultSchema } from "../../src/contract/result.ts";
import { productOf } from "../../src/products/item.ts";
import { type Backends, TABLE } from "../local/backends.ts";
import { queueCounts, tableItems } from "../local/look.ts";
import type { Exchange } from "./exchange.ts";
import { type Expected, expectedForm, type ModelProduct, withoutTimes } from "./model.ts";
import type { Sent, Traffic } from "./traffic.ts";

/**
 * Holds what came back against what must have.
 * @param redelivered whether messages may have been delivered more than once: then a result may say `replayed`
 *   where the model, that sees each message once, does not
 * @returns a line for everything that differs; none where all is as it must be
 */
export async function differences(
  backends: Backends,
  traffic: Traffic,
  exchange: Exchange,
  redelivered = false,
): Promise<string[]> {
  return [
    ...resultDifferences(traffic.messages, exchange, redelivered),
    ...orderDifferences(traffic.messages, exchange),
    ...deadLetterDifferences(traffic.messages, exchange),
    ...tableDifferences(traffic.products, await tableProducts(backends)),
    ...(await queueDifferences(backends)),
  ];
}

function resultDifferences(messages: Sent[], { results }: Exchange, redelivered: boolean): string[] {
  const found: string[] = [];
  const byId = Map.groupBy(results, ({ result }) => result.id);
  const wanted = Map.groupBy(
    messages.filter(({ fate }) => fate.kind !== "parked"),
    ({ fate }) => (fate.kind === "parked" ? "" : resultId({ source: "/demo", id: fate.requestId })),
  );
  for (const [id, sent] of wanted) {
    const got = (byId.get(id) ?? []).map(({ result }) => result);
    const name = `request ${JSON.parse(sent[0]?.body ?? "{}").id}`;
    if (got.length !== sent.length)
      found.push(`${name}: sent ${sent.length} times, answered ${got.length} times`);
    // Messages of one product are answered in order.
    sent.forEach((message, index) => {
      const result = got[index];
      const difference = result && answerDifference(message, result, redelivered);
      if (difference) found.push(`${name}: ${difference}`);
    });
  }
  for (const id of byId.keys()) if (!wanted.has(id)) found.push(`result ${id} answers no request`);
  return found;
}

/** On FIFO queues a product's requests are answered in the order they were sent. */
function orderDifferences(messages: Sent[], { results }: Exchange): string[] {
  const sent = Map.groupBy(messages, ({ productId }) => productId);
  const answered = Map.groupBy(results, ({ result }) => result.subject ?? "");
  return [...sent].flatMap(([productId, about]) => {
    const wanted = about.flatMap(({ fate }) => (fate.kind === "parked" ? [] : [fate.requestId]));
    const got = (answered.get(productId) ?? []).map(({ result }) => result.causationid);
    return isDeepStrictEqual(got, wanted)
      ? []
      : [
          `product ${productId}: answered in the order ${got.join(", ")}; sent in the order ${wanted.join(", ")}`,
        ];
  });
}

function answerDifference({ fate }: Sent, result: Result, redelivered: boolean): string | undefined {
  const valid = resultSchema.safeParse(result);
  if (!valid.success) return `the result does not fit the contract: ${valid.error.message}`;
  if (fate.kind === "parked") return "answered, and must be parked";
  if (fate.kind === "refused") {
    const { data } = result;
    const paths = data.status === "failed" ? (data.error.issues ?? []).map(({ path }) => path) : [];
    const refused = data.status === "failed" && data.error.code === "INVALID_REQUEST";
    return refused && isDeepStrictEqual(new Set(paths), new Set(fate.paths))
      ? undefined
      : `expected INVALID_REQUEST of ${fate.paths}, got ${JSON.stringify(data)}`;
  }
  const got: Expected = expectedForm(result.data);
  const expected = { ...fate.expected };
  if (redelivered && got.replayed) expected.replayed = true;
  return isDeepStrictEqual(got, expected)
    ? undefined
    : `expected ${JSON.stringify(fate.expected)}, got ${JSON.stringify(got)}`;
}

function deadLetterDifferences(messages: Sent[], { deadLetters }: Exchange): string[] {
  const line = (body: string, reason: string) => `${reason} ${body}`;
  const wanted = messages
    .flatMap(({ body, fate }) => (fate.kind === "parked" ? [line(body, fate.reason)] : []))
    .sort();
  const got = deadLetters
    .map(({ Body, MessageAttributes }) =>
      line(Body ?? "", MessageAttributes?.RejectedReason?.StringValue ?? "no reason"),
    )
    .sort();
  if (isDeepStrictEqual(got, wanted)) return [];
  const missing = wanted.filter((each) => !got.includes(each));
  const extra = got.filter((each) => !wanted.includes(each));
  return [
    `${got.length} dead letters, expected ${wanted.length}`,
    ...missing.map((each) => `not among the dead letters: ${each}`),
    ...extra.map((each) => `must not be among the dead letters: ${each}`),
  ];
}

function tableDifferences(wanted: Map<string, ModelProduct>, got: Map<string, ModelProduct>): string[] {
  const found: string[] = [];
  for (const id of new Set([...wanted.keys(), ...got.keys()])) {
    const [want, have] = [wanted.get(id), got.get(id)];
    if (!isDeepStrictEqual(want, have)) {
      found.push(`product ${id}: the table has ${JSON.stringify(have)}, the model ${JSON.stringify(want)}`);
    }
  }
  return found;
}

async function tableProducts({ dynamo }: Backends): Promise<Map<string, ModelProduct>> {
  const products = (await tableItems(dynamo, TABLE)).flatMap((item) => productOf(item) ?? []);
  return new Map(products.map((product) => [product.id, withoutTimes(product)]));
}

/** Nothing may be left in the requests queue, visible or not. */
async function queueDifferences(backends: Backends): Promise<string[]> {
  const sqs = new SQSClient(backends.sqs);
  const counts = await queueCounts(sqs, backends.queues.requests);
  sqs.destroy();
  return Object.entries(counts).flatMap(([state, count]) =>
    count === 0 ? [] : [`the requests queue is not empty: ${count} ${state}`],
  );
}
