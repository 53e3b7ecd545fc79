import { createHash } from 'node:crypto'

/**
 * Verifies that the payee may keep the money: SHA-256(fulfilment) must equal the quote's condition, both base64url of 32
 * bytes (FSPIOP 1.1 §6.5.1.2).
 */
export function fulfils(fulfilment: string, condition: string): boolean {
  const bytes = Buffer.from(fulfilment, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== fulfilment) return false
  return createHash('sha256').update(bytes).digest('base64url') === condition
}
