import { z } from 'zod'
import type { HttpResponse } from '../http.ts'
import { jsonResponse } from '../router.ts'

/**
 * What may be wrong with a request: the HTTP status, and Payment Hub EE's category and words, so that its clients
 * understand. The codes are that hub's `PaymentHubError`, and the GSMA's where that has none.
 */
export const faultCodes = {
  ClientAuthorisationError: [401, 'Validation', 'The API key is missing or not known.'],
  RequestingPartyAuthorisationError: [403, 'Validation', 'The API key does not allow this.'],
  PayerFspNotConfigured: [404, 'Interop', 'Payer FSP not configured'],
  TransactionIdNotFound: [404, 'Interop', 'Transaction ID not found'],
  IdNotFound: [404, 'Interop', 'Generic ID not found'],
  UnknownURL: [404, 'Interop', 'Unknown URI'],
  NotImplemented: [405, 'Interop', 'Not implemented'],
  GenericClientError: [415, 'Interop', 'The content type must be application/json.'],
  SyntaxError: [400, 'Interop', 'Malformed syntax'],
  MandatoryValueNotSupplied: [400, 'Validation', 'A mandatory value has not been provided.'],
  FormatError: [400, 'Validation', 'A value does not have the format that is required for it.'],
  NegativeValue: [400, 'Validation', 'The amount must be more than zero.'],
  SamePartiesError: [400, 'BusinessRule', 'The debit and credit parties are the same.'],
  ExtValidationError: [422, 'Validation', 'The amount has more decimals than its currency.'],
  TransactionExists: [
    409,
    'BusinessRule',
    'The same X-CorrelationID was used for another request.',
  ],
  IncorrectState: [409, 'BusinessRule', 'The state does not permit what was asked for.'],
  ServiceDenied: [503, 'Interop', 'Service currently unavailable'],
  ExtInternalServerError: [500, 'System', 'Internal server error'],
} as const satisfies Record<string, readonly [number, string, string]>

/** A code that a client may build upon. */
export type FaultCode = keyof typeof faultCodes

/** One thing wrong: where (a header, or a path into the body) and why, in words that repeat no value. */
export type Fault = { readonly code: FaultCode; readonly parameter?: string; readonly why: string }

/** A request that is turned away; says all that is wrong with it. */
export type Rejection = { readonly faults: readonly [Fault, ...Fault[]] }

const errorFields = {
  errorCategory: z.enum(['Interop', 'System', 'BusinessRule', 'Validation']),
  errorCode: z.string(),
  errorDescription: z.string(),
  developerMessage: z.string(),
  defaultUserMessage: z.string(),
  errorParameters: z.array(z.object({ key: z.string(), value: z.string() })),
}

/** The body of every answer that is not a yes (Payment Hub EE's `PhErrorDTO`); `errors` lists every fault. */
export const problemSchema = z
  .object({ ...errorFields, errors: z.array(z.object(errorFields)) })
  .meta({ id: 'PhErrorDTO' })

/** Turns a request away for one reason. */
export function reject(code: FaultCode, why: string, parameter?: string): Rejection {
  return { faults: [fault(code, why, parameter)] }
}

/** One thing that is wrong. */
export function fault(code: FaultCode, why: string, parameter?: string): Fault {
  return { code, why, ...(parameter === undefined ? {} : { parameter }) }
}

/** Tells a rejection from what was asked for. */
export function isRejection(value: object): value is Rejection {
  return 'faults' in value
}

/** The answer to a request that is turned away. A malformed request is 400, whatever else is wrong with it. */
export function problem({ faults }: Rejection): HttpResponse {
  const [first] = faults
  const main = faults.find(({ code }) => faultCodes[code][0] === 400) ?? first
  const body: z.infer<typeof problemSchema> = {
    ...errorOf(main),
    errorParameters: faults.flatMap((each) => errorOf(each).errorParameters),
    errors: faults.map(errorOf),
  }
  return jsonResponse(faultCodes[main.code][0], body)
}

type ErrorBody = Omit<z.infer<typeof problemSchema>, 'errors'>

function errorOf({ code, parameter, why }: Fault): ErrorBody {
  const [, errorCategory, errorDescription] = faultCodes[code]
  return {
    errorCategory,
    errorCode: code,
    errorDescription,
    developerMessage: parameter === undefined ? why : `${parameter}: ${why}`,
    defaultUserMessage: errorDescription,
    errorParameters: parameter === undefined ? [] : [{ key: parameter, value: why }],
  }
}
