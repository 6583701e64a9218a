import { encode, resultOf } from "../contract/encode.ts";
import { utf8Bytes } from "../contract/json.ts";
import type { Addressed } from "../contract/parse.ts";
import type { StoredProduct } from "../contract/product.ts";
import type { ResultData } from "../contract/result.ts";

/** What a listed result takes beside its envelope and its products: field names, brackets, a cursor, a margin. */
const LISTED_BYTES = 1024;

/**
 * A result's text that fits a message.
 *
 * A result too large for the queue is published without its product where it says what became of a write; a
 * read has nothing else to say and is answered TOO_LARGE.
 *
 * @param at epoch ms
 * @param most bytes
 */
export function compose(addressed: Addressed, data: ResultData, at: number, most: number): string {
  const text = encode(resultOf(addressed, data, at));
  if (utf8Bytes(text) <= most) return text;
  return encode(resultOf(addressed, smaller(data, most), at));
}

function smaller(data: ResultData, most: number): ResultData {
  if (data.status === "failed" || data.outcome !== "found") {
    if (!("product" in data)) return data;
    const { product: _, ...rest } = data;
    return { ...rest, productOmitted: true };
  }
  const message = `The product does not fit a result of ${most} bytes.`;
  return { status: "failed", error: { code: "TOO_LARGE", message } };
}

/** What a part of a listed result takes of a message, with the comma after it. */
export function partBytes(part: StoredProduct | string): number {
  return utf8Bytes(encode(part)) + 1;
}

/** How many bytes of products fit a listed result to `addressed` of at most `most` bytes. */
export function pageBytes(addressed: Addressed, most: number): number {
  const empty = resultOf(addressed, { status: "ok", outcome: "listed", products: [] }, 0);
  return most - utf8Bytes(encode(empty)) - LISTED_BYTES;
}
