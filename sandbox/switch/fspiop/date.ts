/** The date of an HTTP header (IMF-fixdate). */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

/** FSPIOP's DateTime: ISO 8601 with milliseconds, in UTC. */
export function dateTimeOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** Milliseconds since 1970 of a DateTime that was checked before. */
export function msOf(dateTime: string): number {
  return Date.parse(dateTime)
}
