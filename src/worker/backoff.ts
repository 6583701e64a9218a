/** A number in [0, 1), as Math.random. */
export type Random = () => number;

/**
 * Exponential backoff with full jitter: anywhere between 0 and the exponential step.
 * @param attempt 1 for the first
 * @param base the first step; the result is in its unit
 * @param most the longest step
 */
export function fullJitter(attempt: number, base: number, most: number, random: Random): number {
  return random() * step(attempt, base, most);
}

/** Exponential backoff with equal jitter: between half the exponential step and all of it. Never a hot loop. */
export function equalJitter(attempt: number, base: number, most: number, random: Random): number {
  return step(attempt, base, most) * (0.5 + random() / 2);
}

function step(attempt: number, base: number, most: number): number {
  // 2 ** 1024 is Infinity, which Math.min bounds like any other.
  return Math.min(most, base * 2 ** (attempt - 1));
}
