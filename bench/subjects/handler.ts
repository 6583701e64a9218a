import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { anyRequest, type Request } from "../../src/contract/request.ts";
import { environment } from "./announce.ts";
import { fifoFields } from "./fifo-fields.ts";

/*
 * The job as a competent team writes it from the documentation: validate with zod, one DynamoDB call, one
 * SendMessage; clients with the SDK's defaults. The contract's own schema, so that both sides validate the same.
 */
const sqs = new SQSClient();
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(), {
  marshallOptions: { removeUndefinedValues: true },
});
const TableName = environment("TABLE_NAME");
const QueueUrl = environment("RESULTS_QUEUE_URL");

/** Does what a message asks for and publishes the result. @throws what AWS throws; the message is then redelivered */
export async function handle(body: string): Promise<void> {
  const event = JSON.parse(body);
  const parsed = anyRequest.safeParse(event);
  const data = parsed.success
    ? await answer(parsed.data)
    : { status: "failed", error: { code: "INVALID_REQUEST", message: parsed.error.message } };
  const productId = event.data?.product?.id ?? event.data?.id;
  const result = {
    specversion: "1.0",
    id: randomUUID(),
    source: "/product-worker",
    type: `${event.type}.result`,
    subject: productId,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    causationid: event.id,
    causationsource: event.source,
    data,
  };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: JSON.stringify(result),
      ...fifoFields(QueueUrl, String(productId), event.id),
    }),
  );
}

async function answer(request: Request): Promise<object> {
  switch (request.type) {
    case "product.put": {
      const now = new Date().toISOString();
      const product = { ...request.data.product, createdAt: now, updatedAt: now };
      await dynamo.send(new PutCommand({ TableName, Item: product }));
      return { status: "ok", outcome: "stored", product };
    }
    case "product.get": {
      const { id } = request.data;
      const { Item } = await dynamo.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }));
      if (!Item) return { status: "failed", error: { code: "NOT_FOUND", message: `no product ${id}` } };
      return { status: "ok", outcome: "found", product: Item };
    }
    case "product.delete":
      await dynamo.send(new DeleteCommand({ TableName, Key: { id: request.data.id } }));
      return { status: "ok", outcome: "deleted" };
    default:
      throw new Error(`${request.type} is not part of the bench`);
  }
}
