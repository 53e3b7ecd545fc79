import assert from 'node:assert/strict'
import type { SqlRow } from './sqlite.ts'

/** Text of a column that is never null. */
export function text(row: SqlRow, column: string): string {
  const value = row[column]
  assert(typeof value === 'string', `column ${column} holds no text`)
  return value
}

/** Text of a column, or undefined where it is null. */
export function textIfAny(row: SqlRow, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column)
}

/** Whole number (a time, a count, an id) of a column that is never null. */
export function whole(row: SqlRow, column: string): number {
  const value = row[column]
  assert(typeof value === 'number', `column ${column} holds no whole number`)
  return value
}

/** Whole number of a column, or undefined where it is null. */
export function wholeIfAny(row: SqlRow, column: string): number | undefined {
  return row[column] === null ? undefined : whole(row, column)
}

/** One of a closed set of words. */
export function oneOf<W extends string>(row: SqlRow, column: string, words: readonly W[]): W {
  const value = text(row, column)
  const word = words.find((known) => known === value)
  assert(word !== undefined, `column ${column} holds an unknown word: ${value}`)
  return word
}
