import { CsvFault, parseCsv, type CsvRecord } from './parse-csv.ts'

/** The header of a demo file; its columns stand in this order. */
export const demoHeader = 'id,payerFsp,payerMsisdn,payeeMsisdn,amount,currency,expected'

/** What a row expects: a final state, an FSPIOP error code, or the HTTP status of an order refused at the door. */
export type Expected =
  | { readonly kind: 'state'; readonly state: 'COMMITTED' | 'ABORTED' }
  | { readonly kind: 'code'; readonly errorCode: string }
  | { readonly kind: 'status'; readonly status: number }

/** One payment to ask for. What it says is sent as it stands, right or wrong. */
export type DemoRow = {
  readonly line: number
  readonly id: string
  readonly payerFsp: string
  readonly payerMsisdn: string
  readonly payeeMsisdn: string
  readonly amount: string
  readonly currency: string
  readonly expected: Expected
}

/** Most rows of one file, so that a wrong file is refused before it is worked on for hours. */
const demoRowsMax = 100_000

/** Reads a demo file; throws `CsvFault` that lists every faulty line (the first twenty). */
export function parseDemoRows(text: string): readonly DemoRow[] {
  const [header, ...records] = parseCsv(text)
  if (header?.fields.join(',') !== demoHeader) {
    throw new CsvFault(`line ${header?.line ?? 1}: the header must be ${demoHeader}`)
  }
  if (records.length === 0) throw new CsvFault('there is no row after the header')
  if (records.length > demoRowsMax) throw new CsvFault(`more than ${demoRowsMax} rows`)
  const faults = faultsOf(records)
  if (faults.length > 0) throw new CsvFault(shortened(faults))
  return records.map(rowOf)
}

/** The expectation as the file writes it. */
export function expectedText(expected: Expected): string {
  if (expected.kind === 'state') return expected.state
  return expected.kind === 'code' ? expected.errorCode : String(expected.status)
}

const faultsShownMax = 20

function shortened(faults: readonly string[]): string {
  const more = faults.length - faultsShownMax
  const shown = faults.slice(0, faultsShownMax).join('\n')
  return more > 0 ? `${shown}\n… and ${more} more` : shown
}

function faultsOf(records: readonly CsvRecord[]): readonly string[] {
  const seen = new Map<string, number>()
  return records.flatMap((record) => {
    const [id = ''] = record.fields
    const earlier = seen.get(id)
    if (earlier === undefined) seen.set(id, record.line)
    const twice = earlier === undefined ? [] : [`the id ${id} stands on line ${earlier} already`]
    return [...recordFaults(record), ...twice].map((fault) => `line ${record.line}: ${fault}`)
  })
}

function recordFaults({ fields }: CsvRecord): readonly string[] {
  const names = demoHeader.split(',')
  if (fields.length !== names.length) {
    return [`${fields.length} fields, where the header has ${names.length}`]
  }
  const isSendable = /^[\x21-\x7e]*$/.test(fields[1] ?? '')
  const expected = fields[6] ?? ''
  return [
    ...(fields[0] === '' ? ['the id is empty'] : []),
    ...(isSendable ? [] : ['payerFsp must be printable ASCII without spaces']),
    ...(expectedOf(expected) ? [] : [`expected is "${expected}", which is ${notExpected}`]),
  ]
}

const notExpected =
  'none of COMMITTED, ABORTED, a four-digit FSPIOP code, an HTTP status of refusal'

function expectedOf(text: string): Expected | undefined {
  if (text === 'COMMITTED' || text === 'ABORTED') return { kind: 'state', state: text }
  if (/^[1-9]\d{3}$/.test(text)) return { kind: 'code', errorCode: text }
  if (/^[45]\d{2}$/.test(text)) return { kind: 'status', status: Number(text) }
  return undefined
}

function rowOf({ line, fields }: CsvRecord): DemoRow {
  const [id = '', payerFsp = '', payerMsisdn = '', payeeMsisdn = '', amount = '', currency = ''] =
    fields
  const expected = expectedOf(fields[6] ?? '')
  if (!expected) throw new Error('a faulty row was let through')
  return { line, id, payerFsp, payerMsisdn, payeeMsisdn, amount, currency, expected }
}
