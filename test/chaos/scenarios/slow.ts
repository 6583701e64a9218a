import { asTheModel, type Scenario, withCluster } from "../scenario.ts";
import { smallPut } from "../small-put.ts";

export const slow: Scenario = {
  name: "slow",
  attack: "every write takes longer than the visibility timeout, with a second worker waiting for work",
  run: (run) =>
    withCluster({ workers: 2, visibilityTimeout: 2 }, async (cluster) => {
      const writes = new Map<string, number>();
      cluster.dynamo.faults = ({ operation, body }) => {
        if (operation !== "UpdateItem") return undefined;
        // Each request is of a product of its own.
        const id = JSON.stringify(body.Key);
        writes.set(id, (writes.get(id) ?? 0) + 1);
        return { kind: "delay", ms: 6_000 };
      };
      const products = new Map(
        Array.from({ length: 40 }, (_, n) => [
          `product-${n}`,
          { id: `product-${n}`, name: "Small", price: n, version: 1 },
        ]),
      );
      const messages = [...products.values()].map((product) => {
        const expected = { status: "ok", outcome: "created", product };
        return smallPut({ id: product.id, requestId: `slow ${product.id}`, price: product.price, expected });
      });
      const outcome = await asTheModel(cluster, { messages, products }, run);
      const most = Math.max(...writes.values());
      if (most > 1) outcome.failures.push(`a request was written ${most} times`);
      if (cluster.highestReceiveCount() > 1)
        outcome.failures.push(`a message was received ${cluster.highestReceiveCount()} times`);
      return outcome;
    }),
};
