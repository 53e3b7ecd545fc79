/** Formats of FSPIOP 1.1 §7.1 to §7.3, as in the OpenAPI that is deployed. */
const amount = /^([0]|([1-9][0-9]{0,17}))([.][0-9]{0,3}[1-9])?$/
const dateTime =
  /^(?:[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|(?:[1-9]\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.]\d{3})(?:Z|[+-][01]\d:[0-5]\d)$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ulid = /^[0-9A-HJKMNP-TV-Z]{26}$/

export const formats = {
  amount,
  dateTime,
  condition: /^[A-Za-z0-9\-_]{43}$/,
  ilpPacket: /^[A-Za-z0-9\-_]{1,32768}$/,
  errorCode: /^[1-9]\d{3}$/,
} as const

/** A UUID in lower case, or a ULID: what FSPs of 1.x and 2.0 send as ids. */
export function isCorrelationId(text: string): boolean {
  return uuid.test(text) || ulid.test(text)
}

/** The types of party ids of FSPIOP 1.1 §7.5.6. */
export const partyIdTypes = [
  'MSISDN',
  'EMAIL',
  'PERSONAL_ID',
  'BUSINESS',
  'DEVICE',
  'ACCOUNT_ID',
  'IBAN',
  'ALIAS',
] as const

const currencies: ReadonlySet<string> = new Set([
  ...Intl.supportedValuesOf('currency'),
  'XXX',
  'XTS',
])

/** An ISO 4217 code; XXX and XTS are there for tests. */
export function isCurrency(code: string): boolean {
  return currencies.has(code)
}
