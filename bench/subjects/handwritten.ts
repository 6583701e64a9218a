import { SQSClient } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { announceReceiving, environment } from "./announce.ts";
import { handle } from "./handler.ts";

/* What a team writes from sqs-consumer's documentation; CONSUMERS of it beside each other. */

const sqs = new SQSClient();
for (let count = Number(process.env.CONSUMERS ?? 1); count > 0; count--) {
  const consumer = Consumer.create({
    sqs,
    queueUrl: environment("REQUESTS_QUEUE_URL"),
    batchSize: 10,
    waitTimeSeconds: 20,
    suppressFifoWarning: true,
    handleMessage: async (message) => {
      await handle(message.Body ?? "");
      return message;
    },
  });
  consumer.on("error", (error) => console.error(error));
  consumer.on("processing_error", (error) => console.error(error));
  consumer.start();
}
announceReceiving();
