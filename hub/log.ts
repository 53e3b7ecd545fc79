/** Structured, one line per boundary crossing; the message is a constant lower-case phrase. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
