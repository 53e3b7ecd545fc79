/** How many in a second, at `count` in that many ms. */
export function perSecond(count: number, ms: number): number {
  return (count * 1000) / Math.max(ms, 1)
}

/** The value that this share of them stays under; of sorted values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
