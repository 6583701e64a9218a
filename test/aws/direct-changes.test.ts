import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { dynamoClient, sqsClient } from "../../src/aws/clients.ts";
import { type CaptureServer, startCapture, useCapture } from "../support/capture.ts";

/* What may differ from one direct call to the next: clock, queue, credentials, and whether it is wanted any more. */

const common = { region: "eu-west-1", credentials: { accessKeyId: "AKID", secretAccessKey: "secret" } };
const QueueUrl = "http://sqs.eu-west-1.amazonaws.com/123456789012/product-requests.fifo";
const capture = useCapture();

test("a clock that is wrong is set right by what the service says", async () => {
  const command = new UpdateItemCommand({ TableName: "products", Key: { id: { S: "1" } } });
  const client = dynamoClient({ settings: { ...common, endpoint: capture.server.endpoint } });
  await client.send(command);
  const anHourOn = new Date(Date.now() + 60 * 60 * 1000);
  capture.server.answer = {
    status: 400,
    headers: { date: anHourOn.toUTCString() },
    body: JSON.stringify({ __type: "com.amazon.coral.service#RequestTimeTooSkewed", message: "no" }),
  };
  await expect(client.send(command)).rejects.toThrow();
  capture.server.seen = [];
  capture.server.answer = { status: 200, body: "{}" };
  await client.send(command);
  const signedAt = String(capture.server.seen[0]?.headers["x-amz-date"]);
  expect(signedAt.slice(0, 11)).toBe(anHourOn.toISOString().replaceAll(/[-:]/g, "").slice(0, 11));
});

test("each queue's calls go to the host in its URL, as the SDK's do", async () => {
  const other = await startCapture();
  const { AWS_ENDPOINT_URL_SQS: before } = process.env;
  // Set so, and not in the client's settings, the SDK follows the queue's URL.
  process.env.AWS_ENDPOINT_URL_SQS = capture.server.endpoint;
  try {
    const client = sqsClient({ settings: common });
    const at = (endpoint: string) => `${endpoint}/1/queue`;
    const { server } = capture;
    const urls = [server, other, other, server, other].map(({ endpoint }) => at(endpoint));
    for (const url of urls) await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    const asked = ({ seen }: CaptureServer) => seen.map(({ body }) => JSON.parse(body).QueueUrl);
    expect(asked(capture.server)).toEqual([at(capture.server.endpoint), at(capture.server.endpoint)]);
    expect(asked(other)).toEqual([at(other.endpoint), at(other.endpoint), at(other.endpoint)]);
  } finally {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_SQS;
    else process.env.AWS_ENDPOINT_URL_SQS = before;
    await other.close();
  }
});

test("an endpoint's path stays", async () => {
  const settings = { ...common, endpoint: `${capture.server.endpoint}/proxied` };
  const client = sqsClient({ settings });
  for (let times = 0; times < 2; times++) await client.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(capture.server.seen[1]?.path).toBe(capture.server.seen[0]?.path);
  expect(capture.server.seen[1]?.path).toMatch(/^\/proxied/);
});

test("renewed credentials sign the next call, and a token that is gone is not sent", async () => {
  let credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration: Date } =
    {
      accessKeyId: "first",
      secretAccessKey: "one",
      sessionToken: "token",
      // Due to be renewed: the SDK asks for them at each call.
      expiration: new Date(Date.now() + 1_000),
    };
  const client = sqsClient({
    settings: {
      region: "eu-west-1",
      endpoint: capture.server.endpoint,
      credentials: async () => credentials,
    },
  });
  const command = () => new ReceiveMessageCommand({ QueueUrl });
  await client.send(command());
  await client.send(command());
  credentials = { accessKeyId: "second", secretAccessKey: "two", expiration: new Date(Date.now() + 1_000) };
  await client.send(command());
  const sent = capture.server.seen.map(({ headers }) => [
    /Credential=(\w+)/.exec(String(headers.authorization))?.[1],
    headers["x-amz-security-token"],
  ]);
  expect(sent).toEqual([
    ["first", "token"],
    ["first", "token"],
    ["second", undefined],
  ]);
});

test("a call that had no credentials can be made again when there are some", async () => {
  let there = false;
  const client = sqsClient({
    settings: {
      region: "eu-west-1",
      endpoint: capture.server.endpoint,
      credentials: async () => {
        if (!there) throw new Error("no credentials yet");
        return common.credentials;
      },
    },
  });
  const command = new ReceiveMessageCommand({ QueueUrl });
  for (let times = 0; times < 2; times++) {
    await expect(client.send(command)).rejects.toThrow("no credentials yet");
  }
  there = true;
  for (let times = 0; times < 2; times++) await client.send(command);
  expect(capture.server.seen).toHaveLength(2);
});

test("an aborted call is told from one that failed", async () => {
  const command = new ReceiveMessageCommand({ QueueUrl });
  const client = sqsClient({ settings: { ...common, endpoint: capture.server.endpoint } });
  await client.send(command);
  const aborted = AbortSignal.abort();
  await expect(client.send(command, { abortSignal: aborted })).rejects.toMatchObject({ name: "AbortError" });
});
