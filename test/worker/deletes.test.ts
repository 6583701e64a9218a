import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { useFaultyBackend } from "../support/faulty.ts";
import { put } from "../support/running-worker.ts";
import { until } from "../support/wait.ts";

const faulty = useFaultyBackend();

test("the next request of a product is answered while the last one's delete is under way", async () => {
  const { worker, send, results } = await faulty.run({ fifo: false });
  faulty.sqs.faults = ({ operation }) => (operation === "DeleteMessageBatch" ? { kind: "hang" } : undefined);
  const id = randomUUID();
  await send({ body: put({ id }) }, { body: put({ id }) }, { body: put({ id }) });
  const answers = await results(3);
  expect(answers.map(({ data }) => data.status)).toEqual(["ok", "ok", "ok"]);
  // And each is in hand until its delete is done.
  expect(worker.inHand).toBe(3);
});

test("an answered request whose delete is refused is let go, not answered as given up", async () => {
  const { worker, send, results, log } = await faulty.run({ fifo: false, maxReceiveCount: 1 });
  faulty.sqs.faults = ({ operation }) =>
    operation === "DeleteMessageBatch" ? { kind: "error", type: "InvalidAttributeValue" } : undefined;
  await send({ body: put({ id: randomUUID() }) });
  const [answer] = await results(1);
  expect(answer?.data.status).toBe("ok");
  await until("the message to be let go", () => worker.inHand === 0);
  const said = log.filter(({ level }) => level === "warn" || level === "error");
  expect(said).toEqual([expect.objectContaining({ msg: "not deleted: it will be delivered again" })]);
});
