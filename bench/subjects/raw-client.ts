import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import { Pool } from "undici";

export interface RawClientOptions {
  endpoint: string;
  service: "sqs" | "dynamodb";
  /** Before the operation's name in X-Amz-Target. */
  target: string;
  contentType: string;
  app: string;
}

/** An answer that is not a 200. */
export class RawError extends Error {
  readonly type: string;
  constructor(type: string, text: string) {
    super(text);
    this.type = type;
  }
}

/** AWS's JSON protocol over a bare HTTP client, signed: what is left of a call without the SDK. */
export function rawClient({ endpoint, service, target, contentType, app }: RawClientOptions) {
  const { hostname, host, port, protocol } = new URL(endpoint);
  const pool = new Pool(endpoint, { connections: 250, headersTimeout: 30_000 });
  const signer = new SignatureV4({
    service,
    region: process.env.AWS_REGION ?? "us-east-1",
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
    },
    sha256: Hash.bind(null, "sha256"),
  });
  return async <Output>(operation: string, input: object): Promise<Output> => {
    const body = JSON.stringify(input);
    const { headers } = await signer.sign({
      method: "POST",
      protocol,
      hostname,
      port: Number(port),
      path: "/",
      query: {},
      headers: {
        host,
        "content-type": contentType,
        "x-amz-target": `${target}.${operation}`,
        "user-agent": `app/${app}`,
      },
      body,
    });
    const response = await pool.request({ method: "POST", path: "/", headers, body });
    const text = await response.body.text();
    if (response.statusCode === 200) return JSON.parse(text) as Output;
    throw new RawError(String(JSON.parse(text).__type), text);
  };
}
