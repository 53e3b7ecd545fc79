import { isCurrency, minorUnitsOf, type Money } from '../../money.ts'
import { badRequest, type ErrorDetail } from './error.ts'

/**
 * A command's body, read field by field. A field that is missing or malformed is noted and gives an empty value;
 * `verify` throws all that was noted as one 400. A key that is not in the list of known ones is a 400 at once.
 */
export interface Body {
  /** A text that is not blank. */
  text(name: string): string
  optionalText(name: string): string | undefined
  /** One of these words; without it the fallback, if there is one. */
  word<T extends string>(name: string, words: readonly [T, ...T[]], fallback?: T): T
  /** { amount, currency } above zero; the amount a JSON number or a string. */
  money(name: string): Money
  /** { amount, currency }, zero allowed. */
  optionalMoney(name: string): Money | undefined
  /** A bare decimal above zero, in minor units of a currency that is known otherwise. */
  amount(name: string, currency: string): bigint
  /** An entity's number. */
  id(name: string): bigint
  optionalId(name: string): bigint | undefined
  /** A calendar day in the body's own dateFormat, as yyyy-mm-dd. */
  date(name: string): string
  /** An object in the body, read by its own body, whose problems are noted with the rest. */
  object(name: string, known: readonly string[]): Body | undefined
  optionalObject(name: string, known: readonly string[]): Body | undefined
  /** A list of objects, each read by its own body. */
  list(name: string, known: readonly string[]): readonly Body[]
  verify(): void
}

/** Opens the JSON of a command. `resource` stands in the codes of validation errors. */
export function openBody(json: unknown, resource: string, known: readonly string[]): Body {
  const noted: ErrorDetail[] = []
  const body = openNoting(json, { resource, known, noted })
  return {
    ...body,
    verify: () => {
      if (noted.length > 0) throw badRequest(noted)
    },
  }
}

type Notebook = {
  readonly resource: string
  readonly known: readonly string[]
  readonly noted: ErrorDetail[]
}

function openNoting(json: unknown, { resource, known, noted }: Notebook): Body {
  const fields = objectOf(json)
  refuseUnknown(fields, known)
  const note = (parameter: string, problem: string): void => {
    const code = `validation.msg.${resource}.${parameter}.${problem}`
    const message = `The parameter \`${parameter}\` ${problem.replaceAll('.', ' ')}.`
    noted.push({ code, message, parameter })
  }
  const reader = createReader(fields, note)
  const optionalObject = (name: string, keys: readonly string[]): Body | undefined => {
    const value = fields[name]
    if (value === undefined || value === null) return undefined
    return openNoting(value, { resource, known: keys, noted })
  }
  return {
    optionalObject,
    object(name, keys) {
      const object = optionalObject(name, keys)
      if (!object) note(name, 'cannot.be.blank')
      return object
    },
    ...reader,
    ...createMoneyReader(fields, note, reader),
    list(name, keys) {
      const value = fields[name]
      if (Array.isArray(value) && value.length > 0) {
        return value.map((item) => openNoting(item, { resource, known: keys, noted }))
      }
      note(name, 'cannot.be.empty')
      return []
    },
    verify: () => undefined,
  }
}

type Fields = Readonly<Record<string, unknown>>
type Note = (parameter: string, problem: string) => void
type Reader = Pick<Body, 'text' | 'optionalText' | 'word' | 'id' | 'optionalId' | 'date'>

function createReader(fields: Fields, note: Note): Reader {
  const optionalText = (name: string): string | undefined => {
    const value = fields[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string') return value
    note(name, 'is.not.text')
    return undefined
  }
  const text = (name: string): string => {
    const value = optionalText(name)
    if (value !== undefined && value.trim() !== '') return value
    note(name, 'cannot.be.blank')
    return ''
  }
  const optionalId = (name: string): bigint | undefined => {
    const value = optionalText(name)
    if (value === undefined) return undefined
    if (/^\d{1,18}$/.test(value)) return BigInt(value)
    note(name, 'is.not.a.number')
    return undefined
  }
  return {
    text,
    optionalText,
    optionalId,
    word(name, words, fallback) {
      const value = optionalText(name)
      const found = value === undefined ? fallback : words.find((word) => word === value)
      if (found !== undefined) return found
      note(name, 'is.not.one.of.expected.enumerations')
      return words[0]
    },
    id(name) {
      const id = optionalId(name)
      if (id === undefined) note(name, 'cannot.be.blank')
      return id ?? 0n
    },
    date(name) {
      if (optionalText('locale') === undefined) note('locale', 'cannot.be.blank')
      const day = dayOf(text(name), text('dateFormat'))
      if (day === undefined) note(name, 'is.not.a.date.in.dateFormat')
      return day ?? ''
    },
  }
}

function createMoneyReader(
  fields: Fields,
  note: Note,
  reader: Reader,
): Pick<Body, 'money' | 'optionalMoney' | 'amount'> {
  const optionalMoney = (name: string): Money | undefined => {
    const value = fields[name]
    if (value === undefined || value === null) return undefined
    const money = moneyOf(value)
    if (!money) note(name, 'is.not.an.amount')
    return money
  }
  return {
    optionalMoney,
    money(name) {
      const money = optionalMoney(name)
      if (money && money.minorUnits > 0n) return money
      note(name, 'not.greater.than.zero')
      return { minorUnits: 0n, currency: money?.currency ?? '' }
    },
    amount(name, currency) {
      const units = minorUnitsOf(reader.optionalText(name) ?? '', currency)
      if (units !== undefined && units > 0n) return units
      note(name, 'not.greater.than.zero')
      return 0n
    },
  }
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return Object.fromEntries(Object.entries(json))
  }
  const message = 'The request body is not a JSON object.'
  throw badRequest([{ code: 'error.msg.invalid.request.body', message }])
}

function refuseUnknown(fields: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw badRequest(
    unknown.map((parameter) => ({
      code: 'error.msg.parameter.unsupported',
      message: `The parameter ${parameter} is not supported.`,
      parameter,
      args: [parameter],
    })),
  )
}

function moneyOf(value: unknown): Money | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { amount, currency } = { amount: undefined, currency: undefined, ...value }
  if (typeof amount !== 'string' || typeof currency !== 'string') return undefined
  if (!isCurrency(currency)) return undefined
  const minorUnits = minorUnitsOf(amount, currency)
  return minorUnits === undefined || minorUnits < 0n ? undefined : { minorUnits, currency }
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** The date formats that clients of Fineract use; another one is a malformed date here. */
function dayOf(text: string, dateFormat: string): string | undefined {
  if (dateFormat === 'yyyy-MM-dd') return existing(text)
  const [first = '', second = '', year = ''] = text.split(dateFormat === 'dd/MM/yyyy' ? '/' : ' ')
  if (dateFormat === 'dd/MM/yyyy') return existing(`${year}-${second}-${first}`)
  if (dateFormat !== 'dd MMMM yyyy') return undefined
  const month = String(months.indexOf(second) + 1).padStart(2, '0')
  return existing(`${year}-${month}-${first.padStart(2, '0')}`)
}

function existing(day: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined
  const milliseconds = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(milliseconds)) return undefined
  return new Date(milliseconds).toISOString().startsWith(day) ? day : undefined
}
