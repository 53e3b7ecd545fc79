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

const partyReaders = {
  parties: {
    GET: told.partyQuestion,
    PUT: told.partyAnswer,
    'PUT error': told.partyRefusal,
  },
  participants: {
    PUT: told.participantAnswer,
    'PUT error': told.participantRefusal,
  },
} as const satisfies Record<string, Readers<PartyId>>

const idReaders = {
  quotes: {
    PUT: told.quoteAnswer,
    'PUT error': told.quoteRefusal,
  },
  transfers: {
    PUT: told.transferAnswer,
    PATCH: told.transferNotice,
    'PUT error': told.transferRefusal,
    'PATCH error': told.transferRefusal,
  },
} as const satisfies Record<string, Readers<string>>

const postReaders = {
  quotes: told.quoteQuestion,
  transfers: told.transferPrepare,
} as const satisfies Record<keyof typeof idReaders, told.Reader>

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

/** Finds out what a request is about, or rejects it: unknown address 3002, wrong method 3000, answered by nobody here 2002. */
function readTarget({ method, path }: HttpRequest): Target | Rejection {
  const parts = addressParts(path)
  if (parts === undefined) return malformed('address')
  const [resource = '', ...rest] = parts
  const call = { method: isError(rest) ? `${method} error` : method, rest }
  switch (resource) {
    case 'parties':
    case 'participants':
      return partyTarget(resource, call)
    case 'quotes':
    case 'transfers':
      return rest.length === 0 ? postTarget(resource, method) : idTarget(resource, call)
  }
  return otherResources.has(resource) ? notImplemented() : unknown()
}

function isError(rest: readonly string[]): boolean {
  return rest.length > 1 && rest.at(-1) === 'error'
}

/** `method` is "PUT error" for an address that ends so; `rest` is what follows the resource. */
type Call = { readonly method: string; readonly rest: readonly string[] }

function partyTarget(
  resource: keyof typeof partyReaders,
  { method, rest }: Call,
): Target | Rejection {
  // One part is the id of a list of participants (POST /participants), which this connector never sends.
  if (rest.length === 1) return notImplemented()
  const [type = '', identifier = '', subId, ...more] = isError(rest) ? rest.slice(0, -1) : rest
  if (more.length > 0) return unknown()
  const id = readPartyId({ type, identifier, subId })
  if (id === undefined) return malformed('party')
  const readers: Readers<PartyId> = partyReaders[resource]
  const reader = readers[method]
  return reader === undefined ? wrongMethod() : { resource, read: reader(id) }
}

function idTarget(resource: keyof typeof idReaders, { method, rest }: Call): Target | Rejection {
  const [text = '', ...more] = isError(rest) ? rest.slice(0, -1) : rest
  if (more.length > 0) return unknown()
  const id = readCorrelationId(text)
  if (id === undefined) return malformed('id')
  const readers: Readers<string> = idReaders[resource]
  const reader = readers[method]
  if (reader !== undefined) return { resource, read: reader(id) }
  return method === 'GET' ? notImplemented() : wrongMethod()
}

function postTarget(resource: keyof typeof postReaders, method: string): Target | Rejection {
  return method === 'POST' ? { resource, read: postReaders[resource] } : wrongMethod()
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
