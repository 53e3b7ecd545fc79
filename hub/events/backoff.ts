/** The first wait, and the longest that doubling leads to. */
export type Backoff = { readonly firstMs: number; readonly longestMs: number }

/** How long to wait after the given number of earlier tries: doubling from the first wait up to the longest. */
export function backoffMs(triesBefore: number, { firstMs, longestMs }: Backoff): number {
  return Math.min(firstMs * 2 ** Math.min(triesBefore, 40), longestMs)
}

/** How many tries begin within a time, if each fails at once: the first at 0, the last at `totalMs` or before. */
export function triesWithin(totalMs: number, backoff: Backoff): number {
  let tries = 1
  for (let at = backoffMs(0, backoff); at <= totalMs; at += backoffMs(tries - 1, backoff)) tries++
  return tries
}
