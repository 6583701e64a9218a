import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { actionOf } from "./actions.ts";

/** One call as it left the worker: kept as it came, for a throw here would be a failure to the worker. */
interface Recorded {
  during: string;
  operation: string;
  /** Queue URLs or table names. */
  resources: string[];
}

/** What an SDK command may name its resources by, of those the worker uses. */
interface Addressing {
  QueueUrl?: string;
  TableName?: string;
  RequestItems?: Record<string, unknown>;
}

interface Asked {
  input: Addressing;
}

/** Notes every call that SDK clients are asked for, whatever becomes of it. */
export class Recorder {
  readonly #calls: Recorded[] = [];
  #during = "";

  /** From now on calls are noted as made during `step`. */
  begin(step: string): void {
    this.#during = step;
  }

  /** @returns the client, whose every call is noted from now on */
  noting<Client extends SQSClient | DynamoDBClient>(client: Client): Client {
    const send = client.send.bind(client) as (command: Asked, ...rest: unknown[]) => Promise<unknown>;
    const noted = (command: Asked, ...rest: unknown[]) => {
      const operation = command.constructor.name.replace(/Command$/, "");
      this.#calls.push({ during: this.#during, operation, resources: resourcesOf(command.input) });
      return send(command, ...rest);
    };
    client.send = noted as typeof client.send;
    return client;
  }

  /**
   * The calls as `action resource`, by the step they were made in.
   * @param nameOf the name that stands for a queue URL or a table
   * @throws where a call names no resource, or is of an operation whose action is not known
   */
  entries(nameOf: (resource: string) => string): Map<string, Set<string>> {
    const entries = new Map<string, Set<string>>();
    for (const { during, operation, resources } of this.#calls) {
      if (resources.length === 0) throw new Error(`a call of ${operation} names no queue and no table`);
      const step = entries.get(during) ?? new Set();
      entries.set(during, step);
      for (const resource of resources) step.add(`${actionOf(operation)} ${nameOf(resource)}`);
    }
    return entries;
  }
}

function resourcesOf({ QueueUrl, TableName, RequestItems = {} }: Addressing): string[] {
  return [QueueUrl, TableName, ...Object.keys(RequestItems)].filter((name) => name !== undefined);
}
