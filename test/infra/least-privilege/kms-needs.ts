/**
 * What calls need of the customer-managed key, as `kms:Decrypt sqs`: Decrypt through every service called, and
 * GenerateDataKey through SQS where messages are sent (a producer needs both, a consumer Decrypt). Not through
 * DynamoDB: the table's own key is made when the table is, and who uses the table has it decrypted.
 * @param calls `action resource` entries
 */
export function kmsNeeds(calls: Set<string>): Set<string> {
  const needs = new Set<string>();
  for (const call of calls) {
    const [action = ""] = call.split(" ");
    const [service] = action.split(":");
    needs.add(`kms:Decrypt ${service}`);
    if (action === "sqs:SendMessage") needs.add("kms:GenerateDataKey sqs");
  }
  return needs;
}
