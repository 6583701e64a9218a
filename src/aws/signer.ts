import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import type { AwsCredentialIdentity, HttpRequest, RequestSigner } from "@smithy/types";

/** Of an SDK client's configuration, what its requests are signed with. */
export interface SigningConfig {
  region: () => Promise<string>;
  /** Remembers them, and renews them in time. */
  credentials: () => Promise<AwsCredentialIdentity>;
}

/*
 * Signature Version 4 (AWS's "Create a signed AWS API request") for the one kind of request that there is here: a POST
 * to / in AWS's JSON protocol, its body in hand. The SDK's own signer takes requests of every kind, and makes a copy of
 * the client's configuration for each; this one saves a tenth of a call's CPU (docs/performance.md). A property test
 * holds it to the SDK's, byte for byte.
 */

/** Never signed, for proxies on the way may change them; and what the SDK itself leaves out. */
const UNSIGNED = new Set([
  ...[
    "authorization",
    "cache-control",
    "connection",
    "expect",
    "from",
    "keep-alive",
    "max-forwards",
    "pragma",
  ],
  ...["referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"],
]);
/** What a request that is signed again has from before. */
const GENERATED = new Set(["authorization", "date", "x-amz-date"]);
const OF_PROXIES = /^(?:proxy-|sec-)/;

/**
 * Signs a client's requests.
 * @param config the client's own
 */
export function requestSigner(service: "sqs" | "dynamodb", config: SigningConfig): RequestSigner {
  let key: { of: string; value: KeyObject } | undefined;

  /** A key is good for a day, a region and a secret. */
  function signingKey(secret: string, day: string, inRegion: string): KeyObject {
    const of = `${day}/${inRegion}/${secret}`;
    if (key?.of !== of) {
      const dated = hmac(`AWS4${secret}`, day);
      key = { of, value: createSecretKey(hmac(hmac(hmac(dated, inRegion), service), "aws4_request")) };
    }
    return key.value;
  }

  return {
    async sign(toSign, { signingDate = new Date(), signingRegion } = {}) {
      const request = toSign as HttpRequest;
      const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials();
      const inRegion = signingRegion ?? (await config.region());
      const time = new Date(signingDate).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
      const day = time.slice(0, 8);
      const headers = request.headers as Record<string, string>;
      for (const name of Object.keys(headers)) {
        if (GENERATED.has(name.toLowerCase())) delete headers[name];
      }
      headers["x-amz-date"] = time;
      if (sessionToken) headers["x-amz-security-token"] = sessionToken;
      const bodyHash = sha256(request.body ?? "");
      headers["x-amz-content-sha256"] = bodyHash;
      const signed = Object.entries(headers)
        .map(([name, value]) => [name.toLowerCase(), value.replaceAll(/\s+/g, " ").trim()] as const)
        .filter(([name]) => !UNSIGNED.has(name) && !OF_PROXIES.test(name))
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const names = signed.map(([name]) => name).join(";");
      const lines = signed.map(([name, value]) => `${name}:${value}\n`).join("");
      const canonical = `${request.method}\n${request.path}\n\n${lines}\n${names}\n${bodyHash}`;
      const scope = `${day}/${inRegion}/${service}/aws4_request`;
      const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
      const signature = hmac(signingKey(secretAccessKey, day, inRegion), text).toString("hex");
      headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
      return request as never;
    },
  };
}

function sha256(text: string | Uint8Array): string {
  return hash("sha256", text);
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
