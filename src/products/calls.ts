import type {
  BatchGetItemCommand,
  BatchGetItemCommandOutput,
  DynamoDBClient,
  ScanCommand,
  ScanCommandOutput,
  UpdateItemCommand,
  UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";

/** Whom a call is made for: once it is lost, nobody wants the call any more. */
export interface Caller {
  readonly lost: Error | undefined;
}

/** The three calls a product table makes. Reads are shared: they have no single caller. */
export interface TableCalls {
  update(command: UpdateItemCommand, caller?: Caller): Promise<UpdateItemCommandOutput>;
  scan(command: ScanCommand, caller?: Caller): Promise<ScanCommandOutput>;
  batchGet(command: BatchGetItemCommand): Promise<BatchGetItemCommandOutput>;
}

/** DynamoDB answered a BatchGetItem with every key unprocessed, as it does when the table is throttled. */
class NothingRead extends Error {
  override readonly name = "NothingRead";
}

/**
 * The calls over a client.
 * @param around runs each single call: the place for retries
 */
export function tableCalls(
  client: DynamoDBClient,
  around: <T>(call: () => Promise<T>, caller?: Caller) => Promise<T> = (call) => call(),
): TableCalls {
  return {
    update: (command, caller) => around(() => client.send(command), caller),
    scan: (command, caller) => around(() => client.send(command), caller),
    batchGet: (command) =>
      around(async () => {
        const output = await client.send(command);
        const asked = keysOf(command.input.RequestItems);
        if (asked > 0 && keysOf(output.UnprocessedKeys) === asked) {
          throw new NothingRead(`none of ${asked} keys was read`);
        }
        return output;
      }),
  };
}

/** How many keys of the one table are in a BatchGetItem's request or leftovers. */
function keysOf(tables: Record<string, { Keys?: unknown[] | undefined }> | undefined): number {
  return Object.values(tables ?? {})[0]?.Keys?.length ?? 0;
}
