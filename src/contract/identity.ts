import { hash } from "node:crypto";

/** A request's name for ever: what its source calls it. */
export interface Identity {
  source: string;
  id: string;
}

/** SHA-256 of the parts, in hex; unambiguous whatever the parts hold. */
export function digest(...parts: string[]): string {
  return hash("sha256", JSON.stringify(parts));
}

/** The id of the result of a request: the same for every delivery of the same request. */
export function resultId({ source, id }: Identity): string {
  return digest(source, id);
}

/** How a product remembers the write that last changed it. Neither part holds a control character. */
export function writeId({ source, id }: Identity): string {
  return `${source}\n${id}`;
}

// Letters, digits and ASCII punctuation, 1 to 128 of them: SQS's rule for MessageGroupId.
const GROUP = /^[\x21-\x7e]{1,128}$/;

/**
 * The message group of a product: its id, or a digest of it where the id is no valid MessageGroupId.
 * Producers to a FIFO requests queue use the same, so that a product's requests and results share an order.
 */
export function messageGroup(productId: string): string {
  return GROUP.test(productId) ? productId : `sha256-${digest(productId)}`;
}
