import type { Rejection, SwitchCallback } from '../../hub/connector.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import type { HttpRequest } from '../../hub/http.ts'
import { readHeaders } from './headers.ts'
import type { FindSignatureFault } from './jws.ts'
import * as told from './told.ts'
import {
  addressParts,
  fspiopErrors,
  readCorrelationId,
  readPartyId,
  rejectionOf,
  type Resource,
} from './wire.ts'

/** A longer body is refused with 3104 (FSPIOP 1.1 §3.2.1). */
const bodyBytesMax = 5_242_880

/**
 * Makes the reader of what peers send to one FSP: address, headers, signature over the raw bytes, body, in this order.
 * A question by GET has no body and is not signed (Signature v1.1 §3); everything else must be.
 */
export function createCallbackReader(
  fspId: string,
  findSignatureFault: FindSignatureFault,
): (request: HttpRequest) => SwitchCallback | Rejection {
  return (request) => {
    const { method, headers, bytes } = request
    const target = readTarget(request)
    if ('kind' in target) return target
    const origin = readHeaders(headers, { method, resource: target.resource, fspId })
    if ('kind' in origin) return origin
    if (bytes.byteLength > bodyBytesMax)
      return rejectionOf(fspiopErrors.TOO_LARGE_PAYLOAD, 'the body is too long')
    const fault = method === 'GET' ? undefined : findSignatureFault(request)
    if (fault !== undefined) return rejectionOf(fspiopErrors.INVALID_SIGNATURE, fault)
    const told = target.read(bytes, { source: origin.source, fspId })
    return told.kind === 'rejection' ? told : { ...origin, ...told }
  }
}

/** What a request is about, by its address and method, and the reader of its body. */
type Target = { readonly resource: Resource; readonly read: told.Reader }

type Readers<Id> = Readonly<Record<string, ((id: Id) => told.Reader) | undefined>>

const partyReaders: Readers<PartyId> = {
  GET: told.partyQuestion,
  PUT: told.partyAnswer,
  'PUT error': told.partyRefusal,
}

const participantReaders: Readers<PartyId> = {
  PUT: told.participantAnswer,
  'PUT error': told.participantRefusal,
}

const quoteReaders: Readers<string> = {
  PUT: told.quoteAnswer,
  'PUT error': told.quoteRefusal,
}

const transferReaders: Readers<string> = {
  PUT: told.transferAnswer,
  PATCH: told.transferNotice,
  'PUT error': told.transferRefusal,
  'PATCH error': told.transferRefusal,
}

/** What FSPIOP 1.1 and 2.0 have and this connector does not answer: 2002 instead of 3002. */
const otherResources: ReadonlySet<string> = new Set([
  'authorizations',
  'bulkQuotes',
  'bulkTransfers',
  'fxQuotes',
  'fxTransfers',
  'services',
  'transactionRequests',
  'transactions',
])

/** Finds out what a request is about, or rejects it: unknown address 3002, wrong method 3000, not implemented 2002. */
function readTarget({ method, path }: HttpRequest): Target | Rejection {
  const parts = addressParts(path)
  if (parts === undefined) return malformed('address')
  const [resource = '', ...rest] = parts
  switch (resource) {
    case 'parties':
      return partyTarget(resource, rest, partyReaders[methodOf(method, rest)])
    case 'participants':
      return partyTarget(resource, rest, participantReaders[methodOf(method, rest)])
    case 'quotes':
      if (rest.length === 0) return postTarget(resource, method, told.quoteQuestion)
      return idTarget(resource, rest, quoteReaders[methodOf(method, rest)])
    case 'transfers':
      if (rest.length === 0) return postTarget(resource, method, told.transferPrepare)
      return idTarget(resource, rest, transferReaders[methodOf(method, rest)])
  }
  return otherResources.has(resource) ? notImplemented() : unknown()
}

function methodOf(method: string, rest: readonly string[]): string {
  return isError(rest) ? `${method} error` : method
}

function isError(rest: readonly string[]): boolean {
  return rest.length > 1 && rest.at(-1) === 'error'
}

function partyTarget(
  resource: 'parties' | 'participants',
  rest: readonly string[],
  reader: ((id: PartyId) => told.Reader) | undefined,
): Target | Rejection {
  // One part is the id of a list of participants (POST /participants), which this connector never sends.
  if (rest.length === 1) return notImplemented()
  const [type = '', identifier = '', subId, ...more] = isError(rest) ? rest.slice(0, -1) : rest
  if (more.length > 0) return unknown()
  const id = readPartyId({ type, identifier, subId })
  if (id === undefined) return malformed('party')
  return reader === undefined ? wrongMethod() : { resource, read: reader(id) }
}

function idTarget(
  resource: 'quotes' | 'transfers',
  rest: readonly string[],
  reader: ((id: string) => told.Reader) | undefined,
): Target | Rejection {
  const [text = '', ...more] = isError(rest) ? rest.slice(0, -1) : rest
  if (more.length > 0) return unknown()
  const id = readCorrelationId(text)
  if (id === undefined) return malformed('id')
  return reader === undefined ? wrongMethod() : { resource, read: reader(id) }
}

function postTarget(resource: Resource, method: string, read: told.Reader): Target | Rejection {
  return method === 'POST' ? { resource, read } : wrongMethod()
}

function malformed(what: string): Rejection {
  return rejectionOf(fspiopErrors.MALFORMED_SYNTAX, what)
}

function unknown(): Rejection {
  return rejectionOf(fspiopErrors.UNKNOWN_URI, 'nothing answers here')
}

function wrongMethod(): Rejection {
  return rejectionOf(fspiopErrors.METHOD_NOT_ALLOWED, 'see FSPIOP 1.1')
}

function notImplemented(): Rejection {
  return rejectionOf(fspiopErrors.NOT_IMPLEMENTED, 'this FSP does not answer it')
}
