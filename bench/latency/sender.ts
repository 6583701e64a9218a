import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { serve } from "../backends/remote.ts";
import { now } from "../backends/timed-counts.ts";
import { requestId, type WorkloadSpec, workload } from "../workloads.ts";

/*
 * Sends at a steady rate and reads the results, as a process of its own. The loop is open: a request is due when
 * it is due, whatever became of those before, and its time counts from then, so that a stall is felt by all who
 * came in it. Bare HTTP, unsigned (the embedded SQS does not look), so as to leave the cores to the subject.
 */

export interface Stream {
  endpoint: string;
  requestsUrl: string;
  resultsUrl: string;
  spec: WorkloadSpec;
  /** Requests a second. */
  rate: number;
  /** How many at the start are not counted: connections open, code is compiled. */
  warmUp: number;
  patienceMs: number;
}

const COLLECTORS = 2;
const WAIT_SECONDS = 1;

const functions = {
  /** @returns for each counted request, from when it was due until its result was read, ms */
  async stream(options: Stream): Promise<number[]> {
    const { endpoint, requestsUrl, resultsUrl, spec, rate, warmUp, patienceMs } = options;
    const { requests } = workload(spec);
    const sqs = client(endpoint);
    const start = now() + 200;
    const dueAt = (n: number) => start + (n / rate) * 1000;
    const latencies = new Map<string, number>();
    const indexOf = new Map(requests.map(({ id }, n) => [id, n]));
    let last = now();

    const send = async () => {
      const under: Promise<unknown>[] = [];
      for (const [n, request] of requests.entries()) {
        const ahead = dueAt(n) - now();
        if (ahead > 0) await delay(ahead);
        // Not awaited: the next is due whether or not this one has been taken.
        under.push(sqs.call("SendMessage", { QueueUrl: requestsUrl, MessageBody: JSON.stringify(request) }));
      }
      await Promise.all(under);
      last = now();
    };
    const sending = send();
    let sent = false;
    void sending.then(() => {
      sent = true;
    });
    const collect = async () => {
      while (latencies.size < requests.length && !(sent && now() - last > patienceMs)) {
        const { Messages } = await sqs.call("ReceiveMessage", {
          QueueUrl: resultsUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: WAIT_SECONDS,
        });
        const at = now();
        if (!Messages?.length) continue;
        last = at;
        for (const { Body } of Messages) {
          const id = JSON.parse(Body).causationid;
          const n = indexOf.get(id);
          if (n !== undefined && !latencies.has(id)) latencies.set(id, at - dueAt(n));
        }
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await sqs.call("DeleteMessageBatch", { QueueUrl: resultsUrl, Entries });
      }
    };
    await Promise.all([sending, ...Array.from({ length: COLLECTORS }, collect)]);
    await sqs.close();
    if (latencies.size < requests.length) {
      throw new Error(`${latencies.size} of ${requests.length} requests were answered`);
    }
    return requests.slice(warmUp).map((_, n) => latencies.get(requestId(warmUp + n)) as number);
  },
};
export type SenderFunctions = typeof functions;
serve(functions);

type Received = { Messages?: { Body: string; ReceiptHandle: string }[] | null };

function client(endpoint: string) {
  const pool = new Pool(endpoint, { connections: 100, headersTimeout: 60_000 });
  return {
    call: async (operation: string, input: object): Promise<Received> => {
      const { statusCode, body } = await pool.request({
        method: "POST",
        path: "/",
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": `AmazonSQS.${operation}`,
          "user-agent": "app/bench",
        },
        body: JSON.stringify(input),
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${operation}: ${text}`);
      return JSON.parse(text) as Received;
    },
    close: () => pool.close(),
  };
}
