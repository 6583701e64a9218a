/** Calls as the server sees them, by who made them and by operation. */
export class CallCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  /** @param headers of one request in AWS's JSON protocol */
  count(headers: {
    "user-agent"?: string | undefined;
    "x-amz-target"?: string | string[] | undefined;
  }): void {
    const operation = String(headers["x-amz-target"] ?? "").split(".")[1];
    if (!operation) return;
    const app = /\bapp\/(\S+)/.exec(headers["user-agent"] ?? "")?.[1] ?? "other";
    const operations = this.#counts.get(app) ?? new Map<string, number>();
    this.#counts.set(app, operations);
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
  }

  /** Calls by operation of the program that names itself `app` (the SDK's `userAgentAppId`). */
  of(app: string): Map<string, number> {
    return new Map(this.#counts.get(app));
  }
}
