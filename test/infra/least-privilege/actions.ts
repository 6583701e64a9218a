/*
 * Which IAM action allows an SDK operation. Mostly the action bears the operation's name; SQS's batch operations
 * have no actions of their own. Written out, so that an operation the worker did not use before is met here first.
 */
const ACTIONS: Readonly<Record<string, string>> = {
  BatchGetItem: "dynamodb:BatchGetItem",
  ChangeMessageVisibility: "sqs:ChangeMessageVisibility",
  ChangeMessageVisibilityBatch: "sqs:ChangeMessageVisibility",
  DeleteMessage: "sqs:DeleteMessage",
  DeleteMessageBatch: "sqs:DeleteMessage",
  GetQueueAttributes: "sqs:GetQueueAttributes",
  ReceiveMessage: "sqs:ReceiveMessage",
  Scan: "dynamodb:Scan",
  SendMessage: "sqs:SendMessage",
  SendMessageBatch: "sqs:SendMessage",
  UpdateItem: "dynamodb:UpdateItem",
};

/** @throws where the table has no such operation: look its action up in the service's authorization reference */
export function actionOf(operation: string): string {
  const action = Object.hasOwn(ACTIONS, operation) ? ACTIONS[operation] : undefined;
  if (action === undefined) {
    throw new Error(`the worker calls ${operation}, and actions.ts does not say which IAM action allows it`);
  }
  return action;
}
