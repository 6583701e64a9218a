/** @throws where there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("no median of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/**
 * The smallest value that at least `share` of all are not above (nearest rank).
 * @param share 0 to 1
 * @throws where there is none
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("no percentile of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

/**
 * The median of the rounds' own ratios: what changes between rounds (the machine's other work) changes both
 * sides of a round alike.
 * @param pairs one of each round: the one, the other
 */
export function medianRatio(pairs: readonly (readonly [number, number])[]): number {
  return median(pairs.map(([one, other]) => one / other));
}
