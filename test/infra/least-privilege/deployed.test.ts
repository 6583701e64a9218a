import { expect, test } from "vitest";
import { policyOf } from "../../support/infra.ts";
import { environments, withStacks } from "../../support/stacks.ts";
import { all } from "../../support/synth.ts";
import { granted, grantedKms } from "./granted.ts";
import { policy } from "./role.ts";

test("the policy that is deployed is that one, on the resources of the stacks", () => {
  for (const environment of environments) {
    withStacks(environment, ({ "product-worker": worker }) => {
      const name = `${environment.config.prefix}DynamoDB-KMS-Policy`;
      const deployed = policyOf(all(worker, "aws_iam_policy").find((each) => each.name === name));
      // What the stacks' expressions stand for.
      const nameOf = (arn: string) => {
        const [, found] =
          /aws_(?:sqs_queuequeues_|dynamodb_table)(requests|results|dead-letters|orders|products)_/.exec(
            arn,
          ) ?? [];
        const names: Record<string, string> = {
          "dead-letters": "deadLetters",
          orders: "reply",
          products: "table",
        };
        if (!found) throw new Error(`${arn} is no resource of the stacks'`);
        return names[found] ?? found;
      };
      const hasReplies = environment.config.queues.replyQueues.length > 0;
      const expected = [...granted(policy, (arn) => arn)].filter(
        (each) => hasReplies || !each.endsWith(" reply"),
      );
      expect([...granted(deployed, nameOf)].sort()).toEqual(expected.sort());
      expect([...grantedKms(deployed)].sort()).toEqual([...grantedKms(policy)].sort());
    });
  }
});
