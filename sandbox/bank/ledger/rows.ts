import type { Row } from '../../store.ts'

/** A column that holds text; anything else is a broken assumption and throws. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`column ${column} holds no text`)
  return value
}

/** A column that holds an integer; anything else is a broken assumption and throws. */
export function integer(row: Row, column: string): bigint {
  const value = row[column]
  if (typeof value !== 'bigint') throw new Error(`column ${column} holds no integer`)
  return value
}

/** A column that may be NULL. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column)
}

/** A column that may be NULL. */
export function optionalInteger(row: Row, column: string): bigint | undefined {
  return row[column] === null ? undefined : integer(row, column)
}
