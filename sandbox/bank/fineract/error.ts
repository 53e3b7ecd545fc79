import type { HttpResponse } from '../../http.ts'
import type { BankRefusal, RefusalReason } from '../refusal.ts'
import { writeJson, type JsonOut } from './json.ts'

/** One reason inside Fineract's error answer. */
export type ErrorDetail = {
  readonly code: string
  readonly message: string
  readonly parameter?: string
  readonly args?: readonly string[]
}

/** An answer that is an error. `code` is the generic one; the useful code is that of the first detail. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly details: readonly ErrorDetail[]

  constructor(status: number, code: string, details: readonly ErrorDetail[]) {
    super(details[0]?.message ?? code)
    this.status = status
    this.code = code
    this.details = details
  }
}

/** 400: what the caller sent cannot be read. */
export function badRequest(details: readonly ErrorDetail[]): ApiError {
  return new ApiError(400, 'validation.msg.validation.errors.exist', details)
}

/** 401: wrong user or password. */
export function notAuthenticated(): ApiError {
  return new ApiError(401, 'error.msg.not.authenticated', [])
}

/** 401: no such tenant here. */
export function unknownTenant(): ApiError {
  return new ApiError(401, 'error.msg.invalid.tenant.identifier', [])
}

/** 403: understood, and against a rule of the bank. */
export function ruleBroken(code: string, message: string, ...args: readonly string[]): ApiError {
  return new ApiError(403, 'validation.msg.domain.rule.violation', [{ code, message, args }])
}

/** 403: it would break a uniqueness of the tables; here the specific code stands at the top. */
export function integrityBroken(code: string, message: string): ApiError {
  return new ApiError(403, code, [{ code, message }])
}

/** 404: there is no such thing. */
export function notFound(code: string, message: string, ...args: readonly string[]): ApiError {
  return new ApiError(404, 'error.msg.resource.not.found', [{ code, message, args }])
}

/**
 * Fineract's answer to a no of the core. The codes for "held before" and "booked before" are swapped there, and so they
 * are here: a client can only tell them by the action that it asked for.
 */
export function refusalError({ refused, about }: BankRefusal): ApiError {
  const [first = '', second = ''] = about
  return refusalErrors[refused](first, second)
}

const notAllowed = (accountId: string): ApiError =>
  ruleBroken(
    'error.msg.interop.transaction.not.allowed',
    `Transaction not allowed on account ${accountId}`,
  )

const refusalErrors = {
  'account-unknown': accountUnknown,
  'account-frozen': notAllowed,
  'account-closed': notAllowed,
  'currency-differs': (held, asked) =>
    ruleBroken(
      'error.msg.accounttransfer.different.currencies',
      `Trying to transfer from ${held} to ${asked}`,
    ),
  'insufficient-funds': (accountId) => insufficientFunds(accountId),
  'held-before': (accountId, transferCode) =>
    ruleBroken(
      'error.msg.interop.transfer.already.committed',
      `Transaction with transferCode ${transferCode} already committed for account ${accountId}`,
    ),
  'booked-before': (accountId, transferCode) =>
    ruleBroken(
      'error.msg.interop.transfer.already.on.hold',
      `Transaction with transferCode ${transferCode} already on hold for account ${accountId}`,
    ),
  'hold-missing': (accountId, transferCode) =>
    notFound(
      'error.msg.interop.onhold.transfer.missing',
      `No matching transaction with transferCode ${transferCode} found for account ${accountId}`,
    ),
  'cash-short': (currency) =>
    ruleBroken('error.msg.bank.cash.short', `There is not that much ${currency} in cash`),
} satisfies Record<RefusalReason, (first: string, second: string) => ApiError>

/** 404 for a savings account, by whatever name it was asked for. */
export function accountUnknown(name: string): ApiError {
  const code = 'error.msg.saving.account.id.invalid'
  return notFound(code, `Savings account with identifier ${name} does not exist`, name)
}

/** 403; `fee` says that the withdrawal charge was part of the sum, which gives the code another ending. */
export function insufficientFunds(accountId: string, fee = false): ApiError {
  const code = 'error.msg.savingsaccount.transaction.insufficient.account.balance'
  return ruleBroken(fee ? `${code}.withdraw` : code, 'Insufficient account balance.', accountId)
}

const developerMessages: Readonly<Record<number, string>> = {
  400: 'The request was invalid. This typically will happen due to validation errors which are provided.',
  401: 'Invalid authentication details were passed in api request.',
  403: 'Request was understood but caused a domain rule violation.',
  404: 'The requested resource is not available.',
  425: 'The same command is still being worked on.',
}

const userMessages: Readonly<Record<number, string>> = {
  400: 'Validation errors exist.',
  401: 'Unauthenticated. Please login.',
  403: 'Errors contain reason for domain rule violation.',
  404: 'The requested resource is not available.',
  425: 'The same command is still being worked on.',
}

/** The body of an error, as Fineract's ApiGlobalErrorResponse. */
export function errorBody({ status, code, details }: ApiError): string {
  const body: JsonOut = {
    developerMessage: developerMessages[status] ?? code,
    httpStatusCode: String(status),
    defaultUserMessage: userMessages[status] ?? code,
    userMessageGlobalisationCode: code,
    errors: details.map(({ code: detailCode, message, parameter, args }) => ({
      developerMessage: message,
      defaultUserMessage: message,
      userMessageGlobalisationCode: detailCode,
      parameterName: parameter ?? 'id',
      value: null,
      args: (args ?? []).map((value) => ({ value })),
    })),
  }
  return writeJson(body)
}

/** A JSON answer from text that is JSON already. */
export function jsonResponse(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    bytes: Buffer.from(body),
  }
}

/** The answer for an error; a 401 asks for Basic credentials. */
export function errorResponse(error: ApiError): HttpResponse {
  const headers =
    error.status === 401 ? { 'www-authenticate': 'Basic realm="Fineract"' } : undefined
  return jsonResponse(error.status, errorBody(error), headers)
}
