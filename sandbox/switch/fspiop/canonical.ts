import { createHash } from 'node:crypto'

/**
 * SHA-256 of a JSON value whose keys were sorted: two bodies with the same parameters have the same hash, in whatever
 * order and with whatever white space they were written.
 */
export function parametersHash(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('base64url')
}

/** JSON with sorted keys and without white space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}

/** Whether SHA-256 of the fulfilment's 32 bytes is the condition (FSPIOP 1.1 §6.5.1.2). */
export function fits(fulfilment: string, condition: string): boolean {
  const preimage = Buffer.from(fulfilment, 'base64url')
  return createHash('sha256').update(preimage).digest('base64url') === condition
}
