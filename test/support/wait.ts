import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until `condition` gives something other than undefined or false.
 * @throws after `within` ms, saying what was waited for
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  within = process.env.CONFORMANCE ? 120_000 : 15_000,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${within} ms in vain for ${what}`);
    await delay(10);
  }
}
