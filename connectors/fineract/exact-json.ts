import { formatAmount, type Money } from '../../hub/domain/money.ts'

/** A number as it stands in a JSON text, digit by digit. */
export type NumberLiteral = { readonly literal: string }

/** What a request to Fineract is made of. */
export type ExactJson =
  | string
  | NumberLiteral
  | readonly ExactJson[]
  | { readonly [member: string]: ExactJson | undefined }

/** The amount as a number of JSON, which Fineract reads as a BigDecimal: 10.5, never through a double. */
export function amountLiteral(money: Money): NumberLiteral {
  return { literal: formatAmount(money) }
}

/** Writes JSON. Members that are undefined are left out. */
export function exactJsonText(value: ExactJson): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(exactJsonText).join(',')}]`
  if (isLiteral(value)) return value.literal
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${exactJsonText(member)}`],
  )
  return `{${members.join(',')}}`
}

function isList(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value)
}

function isLiteral(
  value: { readonly [member: string]: ExactJson | undefined } | NumberLiteral,
): value is NumberLiteral {
  return typeof value['literal'] === 'string'
}

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Parses JSON with each number as the string of its digits; undefined, which no JSON stands for, when it is none. */
export function parseExactJson(text: string): unknown {
  const quoted = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  try {
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}

const decimalParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,2}))?$/

/**
 * The plain form of a number literal, without exponent and trailing zeros: "1.05E+3" is "1050", "10.500000" is "10.5".
 * Undefined when it is no number, or one of more than two digits of exponent.
 */
export function plainDecimal(literal: string): string | undefined {
  const match = decimalParts.exec(literal)
  if (!match) return undefined
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + parseInt(exponent, 10)
  const padded = digits.padStart(digits.length - Math.min(point - 1, 0), '0')
  const at = Math.max(point, 1)
  const units = padded
    .slice(0, at)
    .padEnd(at, '0')
    .replace(/^0+(?=\d)/, '')
  const rest = padded.slice(at).replace(/0+$/, '')
  return `${sign}${units}${rest === '' ? '' : `.${rest}`}`
}
