import { createHash } from "node:crypto";

const CHECK_BYTES = 6;

function check(productId: string): Buffer {
  return createHash("sha256").update(`cursor 1 ${productId}`).digest().subarray(0, CHECK_BYTES);
}

/** The opaque cursor of the page that starts after a product. */
export function writeCursor(productId: string): string {
  return Buffer.concat([check(productId), Buffer.from(productId, "utf8")]).toString("base64url");
}

/** The product id that a cursor was made of, or undefined where `cursor` was not made by `writeCursor`. */
export function readCursor(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, "base64url");
  const productId = bytes.subarray(CHECK_BYTES).toString("utf8");
  return productId !== "" && writeCursor(productId) === cursor ? productId : undefined;
}
