import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Structured log: one JSON object a line on standard output, `time` in ISO 8601.
 *
 * Products' contents are never logged. AWS's error texts are: they help whoever runs the worker, and nobody
 * else reads its log.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { service: "product-worker", pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** What a log says of a failed call: no stack for what AWS answered, for it tells nothing. */
export function failureFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  const fromAws = "$metadata" in error || typeof code === "string";
  return {
    error: name,
    reason: message,
    ...(typeof code === "string" && { code }),
    ...(!fromAws && { stack }),
  };
}
