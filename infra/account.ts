/** Where a stack is applied: what ARNs are made of. */
export interface Account {
  /** The account's 12 digits. */
  id: string;
  /** "aws", or that of a region of its own kind. */
  partition: string;
  region: string;
}

/** The principal that stands for the whole account: IAM policies in it decide who may. */
export function rootOf({ partition, id }: Account): string {
  return `arn:${partition}:iam::${id}:root`;
}
