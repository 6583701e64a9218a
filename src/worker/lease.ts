/** One message's time in this worker's hand. */
export interface Lease {
  /** Why the message is no longer this worker's (a LeaseLost); undefined while it is. */
  readonly lost: Error | undefined;
}

/** A message is no longer in this worker's hand: nothing may be done for it any more. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}
