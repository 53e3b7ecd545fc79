/** One record of a CSV file, with the number of the line it starts on (from 1). */
export type CsvRecord = { readonly line: number; readonly fields: readonly string[] }

/** A file that cannot be used as it is; the message has a line for each fault. */
export class CsvFault extends Error {
  override name = 'CsvFault'
}

/**
 * Splits a CSV file into records by RFC 4180: fields may be quoted, a quoted one may hold commas, line ends and doubled
 * quotes. Empty lines and a byte order mark are skipped. Throws `CsvFault` with the line of a quote that is out of place.
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  let at: Place = { offset: text.startsWith('\uFEFF') ? 1 : 0, line: 1 }
  while (at.offset < text.length) {
    const { record, next } = readRecord(text, at)
    if (record.fields.length > 1 || record.fields[0] !== '') records.push(record)
    at = next
  }
  return records
}

type Place = { readonly offset: number; readonly line: number }

function readRecord(
  text: string,
  start: Place,
): { readonly record: CsvRecord; readonly next: Place } {
  const fields: string[] = []
  let at = start
  for (;;) {
    const field = text[at.offset] === '"' ? readQuoted(text, at) : readPlain(text, at)
    fields.push(field.value)
    at = field.next
    if (text[at.offset] !== ',') break
    at = { ...at, offset: at.offset + 1 }
  }
  return { record: { line: start.line, fields }, next: afterLineEnd(text, at) }
}

type Field = { readonly value: string; readonly next: Place }

function readPlain(text: string, at: Place): Field {
  const end = /[,\r\n]/g
  end.lastIndex = at.offset
  const stop = end.exec(text)?.index ?? text.length
  const value = text.slice(at.offset, stop)
  if (value.includes('"')) {
    throw new CsvFault(`line ${at.line}: a quote inside a field that does not start with one`)
  }
  return { value, next: { offset: stop, line: at.line } }
}

function readQuoted(text: string, at: Place): Field {
  let stop = at.offset + 1
  for (;;) {
    stop = text.indexOf('"', stop)
    if (stop < 0) throw new CsvFault(`line ${at.line}: a quoted field that does not end`)
    if (text[stop + 1] !== '"') break
    stop += 2
  }
  const raw = text.slice(at.offset + 1, stop)
  const line = at.line + (raw.match(/\n/g)?.length ?? 0)
  const follower = text[stop + 1]
  if (follower !== undefined && !',\r\n'.includes(follower)) {
    throw new CsvFault(`line ${line}: ${follower} after the quote that ends a field`)
  }
  return { value: raw.replaceAll('""', '"'), next: { offset: stop + 1, line } }
}

function afterLineEnd(text: string, { offset, line }: Place): Place {
  const width = text.startsWith('\r\n', offset) ? 2 : 1
  return { offset: offset + width, line: line + 1 }
}
