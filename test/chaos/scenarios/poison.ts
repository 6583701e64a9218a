import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { digest } from "../../../src/contract/identity.ts";
import { type Exchange, exchange } from "../../../tools/demo/exchange.ts";
import type { Sent } from "../../../tools/demo/traffic.ts";
import { TABLE } from "../../../tools/local/backends.ts";
import { tableItems } from "../../../tools/local/look.ts";
import type { Cluster } from "../cluster.ts";
import { QUIET_MS, type Run, type Scenario, showing, withCluster } from "../scenario.ts";
import { smallPut } from "../small-put.ts";

/** Puts that the table refuses with an error nobody knows, among others. */
export const poison: Scenario = {
  name: "poison",
  attack: "20 requests always throw in the handler; later all dead letters are redriven after newer writes",
  run: (run) =>
    withCluster({ workers: 1 }, async (cluster) => {
      const count = run.quick ? 200 : 1_000;
      const failures: string[] = [];
      const bad = Array.from({ length: 20 }, (_, n) => `poison-${n}`);
      cluster.dynamo.faults = ({ text }) =>
        text.includes("poison-") ? { kind: "error", type: "SomethingNew" } : undefined;
      const good = Array.from({ length: count - bad.length }, (_, n) =>
        smallPut({ id: `good-${n}`, requestId: `good-${n}`, price: 1 }),
      );
      // Every other one has no time of its own: a redrive must not make it newer.
      const poisoned = bad.map((id, n) =>
        smallPut({ id, requestId: id, price: 1, time: n % 2 === 0 ? Date.now() - 60_000 : undefined }),
      );
      const messages = [...good.slice(0, 90), ...poisoned, ...good.slice(90)];
      // Each poisoned request comes back twice: as a result and as a dead letter.
      const first = await exchangeOf(cluster, messages, messages.length + poisoned.length, run);
      const codes = Map.groupBy(first.results, ({ result }) =>
        result.data.status === "failed" ? result.data.error.code : "ok",
      );
      if (codes.get("GAVE_UP")?.length !== 20)
        failures.push(`${codes.get("GAVE_UP")?.length ?? 0} answered GAVE_UP, expected 20`);
      if (codes.get("ok")?.length !== good.length)
        failures.push(`${codes.get("ok")?.length} answered ok, expected ${good.length}`);
      const reasons = first.deadLetters.map(
        ({ MessageAttributes }) => MessageAttributes?.RejectedReason?.StringValue,
      );
      if (reasons.length !== 20 || reasons.some((reason) => reason !== "GAVE_UP"))
        failures.push(`dead letters: ${reasons.join(", ")}`);

      cluster.dynamo.faults = () => undefined;
      const newer = bad.map((id) => smallPut({ id, requestId: `newer-${id}`, price: 2 }));
      const second = await exchangeOf(cluster, newer, newer.length, run);
      if (second.results.some(({ result }) => result.data.status !== "ok"))
        failures.push("a newer write was not applied");
      await redrive(cluster, first.deadLetters);
      const third = await exchangeOf(cluster, [], bad.length, run);
      const answers = third.results.map(({ result }) =>
        result.data.status === "failed" ? result.data.error.code : result.data.outcome,
      );
      if (answers.length !== 20 || answers.some((answer) => answer !== "SUPERSEDED"))
        failures.push(`redriven: ${answers.join(", ")}`);
      const left = (await tableItems(cluster.backends.dynamo, TABLE)).filter(
        ({ id, price }) => id.startsWith("poison-") && price !== 2,
      );
      if (left.length > 0) failures.push(`${left.length} older products came back`);
      return {
        failures,
        figures: `${count} requests: 20 gave up, ${good.length} ok in ${(first.ms / 1000).toFixed(1)} s; ${answers.length} redriven, all ${[...new Set(answers)].join(", ")}`,
      };
    }),
};

function exchangeOf(cluster: Cluster, messages: Sent[], wanted: number, run: Run): Promise<Exchange> {
  return exchange(cluster.backends, messages, showing(run, wanted), QUIET_MS, wanted);
}

/** As SQS's own redrive: a new message id and a new sent time, with the message's attributes. */
async function redrive(cluster: Cluster, deadLetters: Exchange["deadLetters"]): Promise<void> {
  const client = new SQSClient(cluster.backends.sqs);
  for (const [n, { Body, MessageAttributes }] of deadLetters.entries()) {
    const entry = {
      Id: "0",
      MessageBody: Body,
      MessageAttributes,
      MessageGroupId: `redriven-${n}`,
      MessageDeduplicationId: digest("redriven", String(n)),
    };
    await client.send(
      new SendMessageBatchCommand({ QueueUrl: cluster.backends.queues.requests, Entries: [entry] }),
    );
  }
  client.destroy();
}
