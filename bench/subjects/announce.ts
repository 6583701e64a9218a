/** Says, in the product worker's own words, that this subject receives; and ends when asked to. */
export function announceReceiving(): void {
  process.stdout.write(`${JSON.stringify({ msg: "receiving" })}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
}

/** What every subject is told by its environment. */
export function environment(name: "REQUESTS_QUEUE_URL" | "RESULTS_QUEUE_URL" | "TABLE_NAME"): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
