import type { Expected } from "../../tools/demo/model.ts";
import type { Sent } from "../../tools/demo/traffic.ts";

interface SmallPut {
  id: string;
  requestId: string;
  price: number;
  /** When it was made, epoch ms; without it, when the queue takes it. */
  time?: number | undefined;
  expected?: Expected;
}

/** A put of a small product, as a message to send. */
export function smallPut({ id, requestId, price, time, expected = { status: "any" } }: SmallPut): Sent {
  const type = "product.put";
  const made = time === undefined ? {} : { time: new Date(time).toISOString() };
  const data = { product: { id, name: "Small", price } };
  const body = JSON.stringify({ specversion: "1.0", id: requestId, source: "/demo", type, ...made, data });
  return { body, productId: id, fate: { kind: "answered", requestId, type, expected } };
}
