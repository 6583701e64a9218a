import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { requestSigner } from "../../src/aws/signer.ts";

const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/);
const headerValue = fc.stringMatching(/^[!-~]( {0,3}[!-~]){0,20}$/);
const headerName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  fc.constantFrom(
    "X-Amz-User-Agent",
    "amz-sdk-request",
    "User-Agent",
    "x-amzn-trace-id",
    "Proxy-X",
    "sec-y",
    "Date",
  ),
);

const call = fc.record({
  service: fc.constantFrom("sqs" as const, "dynamodb" as const),
  region: fc.constantFrom("eu-west-1", "us-gov-west-1"),
  date: fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true }),
  credentials: fc.record(
    { accessKeyId: word, secretAccessKey: word, sessionToken: word },
    { requiredKeys: ["accessKeyId", "secretAccessKey"] },
  ),
  body: fc.oneof(fc.string({ unit: "grapheme", maxLength: 200 }), fc.uint8Array({ maxLength: 200 })),
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 8 }),
});

const request = ({ body, headers }: { body: string | Uint8Array; headers: Record<string, string> }) =>
  new HttpRequest({
    method: "POST",
    hostname: "sqs.eu-west-1.amazonaws.com",
    path: "/",
    headers: {
      ...headers,
      host: "sqs.eu-west-1.amazonaws.com",
      "content-type": "application/x-amz-json-1.0",
    },
    body,
  });

test("a request is signed as the SDK's own signer signs it, byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(call, async ({ service, region, date, credentials, ...content }) => {
      const options = { signingDate: date, signingRegion: region };
      const theirs = new SignatureV4({ service, region, credentials, sha256: Hash.bind(null, "sha256") });
      const ours = requestSigner(service, {
        region: async () => region,
        credentials: async () => credentials,
      });
      const expected = await theirs.sign(request(content), { ...options, signingService: service });
      const signed = await ours.sign(request(content), options);
      expect(signed.headers).toEqual(expected.headers);
      // And again, with the key that it remembers.
      expect((await ours.sign(request(content), options)).headers).toEqual(expected.headers);
    }),
    { numRuns: 300 },
  );
});

test("renewed credentials sign the next request", async () => {
  let credentials = { accessKeyId: "first", secretAccessKey: "one" };
  const signer = requestSigner("sqs", {
    region: async () => "eu-west-1",
    credentials: async () => credentials,
  });
  const content = { body: "{}", headers: {} };
  const first = await signer.sign(request(content));
  credentials = { accessKeyId: "second", secretAccessKey: "two" };
  const second = await signer.sign(request(content));
  expect(first.headers.authorization).toContain("Credential=first/");
  expect(second.headers.authorization).toContain("Credential=second/");
});

test("credentials that cannot be had are the call's failure", async () => {
  const signer = requestSigner("sqs", {
    region: async () => "eu-west-1",
    credentials: async () => {
      throw new Error("no credentials");
    },
  });
  await expect(signer.sign(request({ body: "{}", headers: {} }))).rejects.toThrow("no credentials");
});
