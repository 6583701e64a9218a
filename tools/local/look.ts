import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { dynamoClient } from "../../src/aws/clients.ts";
import { type Item, itemOf } from "../../src/products/item.ts";

/** How many messages a queue holds, by SQS's own (on AWS approximate) counts. */
export async function queueCounts(
  sqs: SQSClient,
  url: string,
): Promise<{ visible: number; invisible: number }> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    invisible: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

/** Everything in a table, tombstones too. */
export async function tableItems(settings: DynamoDBClientConfig, table: string): Promise<Item[]> {
  const client = dynamoClient({ settings });
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    for (const attributes of page.Items ?? []) items.push(itemOf(attributes));
  }
  client.destroy();
  return items;
}
