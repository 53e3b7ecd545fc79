import { minorUnitsOf } from './ledger/money.ts'
import type { Row } from '../store.ts'

/** A column that must hold text. A broken table is our own mistake, so it throws. */
export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`column ${column} holds no text`)
  return value
}

/** A column of text or NULL. */
export function optionalTextOf(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column)
}

/** A column that must hold an integer below 2^53. */
export function integerOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'bigint') throw new Error(`column ${column} holds no integer`)
  return Number(value)
}

/** A column that must hold bytes. */
export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new Error(`column ${column} holds no bytes`)
  return value
}

/** A decimal string in a column, as minor units of the currency. */
export function unitsOf(row: Row, column: string, currency: string): bigint {
  const units = minorUnitsOf(textOf(row, column), currency)
  if (units === undefined) throw new Error(`column ${column} holds no amount of ${currency}`)
  return units
}
