import { messageGroup } from "../../src/contract/identity.ts";

/** What a message to a FIFO queue needs beside its body; nothing for a standard one. */
export function fifoFields(url: string, productId: string, requestId: string) {
  if (!url.endsWith(".fifo")) return {};
  return { MessageGroupId: messageGroup(productId), MessageDeduplicationId: requestId };
}
