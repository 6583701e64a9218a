import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { HttpHandlerOptions, HttpRequest, RequestSigner } from "@smithy/types";
import type { Answer, HttpHandler } from "./http-handler.ts";

/*
 * The calls on a message's path, without the SDK's work for each: its middleware takes two thirds of a call's CPU and more, and
 * makes the same of every call but for the input (docs/performance.md).
 *
 * The SDK makes the first request of each operation and queue, and what it made of it is kept: the address, from
 * whatever settings and rules there are, and the headers. Later ones are that with another input, signed anew. What an
 * answer other than a plain success means is left to the SDK: it is given the answer as if it had made the call.
 */

/** What all requests of an operation, to a queue, have in common. */
interface Form {
  request: Omit<HttpRequest, "body">;
  signingRegion: string | undefined;
}

/** The parts of an SDK command that are used here. */
interface Command {
  input: { QueueUrl?: string | undefined; Entries?: readonly object[] | undefined };
  middlewareStack: Pick<SQSClient["middlewareStack"], "add">;
  resolveMiddleware(
    stack: SQSClient["middlewareStack"],
    configuration: object,
    options: HttpHandlerOptions,
  ): (command: Command) => Promise<{ output: object }>;
}

/** Of each call's own, made anew or wrong for another body. */
const OF_ONE_CALL = ["content-length", "amz-sdk-invocation-id", "amz-sdk-request", "x-amzn-trace-id"];

/** A client, whose `send` makes the calls of some operations directly. */
export function sendDirectly<Client extends SQSClient | DynamoDBClient>(
  client: Client,
  handler: HttpHandler,
  signer: RequestSigner,
  operations: ReadonlySet<unknown>,
): Client {
  const sdkSend = client.send.bind(client) as (command: Command, ...rest: unknown[]) => Promise<object>;
  const forms = new Map<unknown, Map<string | undefined, Form>>();

  /** By the SDK, keeping what it makes of the request. */
  function sendFirst(command: Command, options: HttpHandlerOptions | undefined): Promise<object> {
    command.middlewareStack.add(
      (next, context) => (args) => {
        const { body: _, ...request } = args.request as HttpRequest;
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => !OF_ONE_CALL.includes(name.toLowerCase())),
        );
        const signingRegion = context.authSchemes?.[0]?.signingRegion;
        const ofOperation = forms.get(command.constructor) ?? new Map<string | undefined, Form>();
        forms.set(command.constructor, ofOperation);
        ofOperation.set(command.input.QueueUrl, { request: { ...request, headers }, signingRegion });
        return next(args);
      },
      { step: "build", priority: "low", name: "keepForm", override: true },
    );
    return sdkSend(command, options);
  }

  async function sendAgain(form: Form, command: Command, options: HttpHandlerOptions): Promise<object> {
    const body = JSON.stringify(command.input);
    const request = { ...form.request, headers: { ...form.request.headers }, body };
    const { signingRegion } = form;
    // The SDK measures it where an answer says that the clock is wrong.
    const signingDate = new Date(Date.now() + client.config.systemClockOffset);
    await signer.sign(request, { signingDate, ...(signingRegion !== undefined && { signingRegion }) });
    const { response } = await handler.handle(request, options);
    return plainSuccess(response) ?? sdkAnswer(command, response);
  }

  /** What the SDK makes of an answer. @throws the SDK's errors */
  async function sdkAnswer(command: Command, response: Answer): Promise<object> {
    const requestHandler = { handle: async () => ({ response }) };
    const run = command.resolveMiddleware(
      client.middlewareStack as SQSClient["middlewareStack"],
      { ...client.config, requestHandler },
      {},
    );
    return (await run(command)).output;
  }

  const send = (command: Command, options?: HttpHandlerOptions): Promise<object> => {
    if (!operations.has(command.constructor) || holdsBytes(command)) return sdkSend(command, options);
    const form = forms.get(command.constructor)?.get(command.input.QueueUrl);
    return form ? sendAgain(form, command, options ?? {}) : sendFirst(command, options);
  };
  client.send = send as typeof client.send;
  return client;
}

/** Message attributes may be bytes, which the SDK writes as base64. */
function holdsBytes({ input: { Entries = [] } }: Command): boolean {
  return Entries.some((entry) => "MessageAttributes" in entry);
}

/** The output in a success whose JSON is what the SDK would hand on; undefined for any other answer. */
function plainSuccess({ statusCode, headers, body }: Answer): object | undefined {
  if (statusCode !== 200) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  // An attribute's bytes, which the SDK reads from base64.
  if (text.includes('"BinaryValue"')) return undefined;
  try {
    const output = JSON.parse(text);
    output.$metadata = { httpStatusCode: statusCode, requestId: headers["x-amzn-requestid"] };
    return output;
  } catch {
    return undefined;
  }
}
