import { workerPolicy } from "../../../infra/constructs/worker-policy.ts";
import { account, keyArn } from "../../support/infra.ts";

const queue = (name: string) => ({ name, url: `https://${name}`, arn: name });
/** The worker's policy, on resources that are called what they are. */
export const policy = workerPolicy({
  region: account.region,
  keyArn,
  tableArn: "table",
  requests: queue("requests"),
  results: queue("results"),
  deadLetters: queue("deadLetters"),
  replies: [queue("reply")],
});
