import type { Rejection } from '../../hub/connector.ts'
import type { Headers } from '../../hub/http.ts'
import { fspiopErrors, patterns, rejectionOf, type Resource } from './wire.ts'

/** The minor versions of FSPIOP 1 that are read, per resource; transfers 1.2 adds PATCH …/error. */
const minors = {
  participants: ['0', '1'],
  parties: ['0', '1'],
  quotes: ['0', '1'],
  transfers: ['0', '1', '2'],
} as const satisfies Record<Resource, readonly string[]>

/** Content-Type of a message: it states the version in full. */
export function contentType(resource: Resource, version: string): string {
  return `application/vnd.interoperability.${resource}+json;version=${version}`
}

/** Accept of a question: it asks for a major version. */
export function acceptType(resource: Resource): string {
  return `application/vnd.interoperability.${resource}+json;version=1`
}

/** What the headers of a request say, once they are known to be right. */
export type ReadHeaders = { readonly source: string; readonly answeredAt: number }

/** Checks the headers of FSPIOP 1.1 §3.2 in the order of the reference switch, and negotiates versions (§3.3.4). */
export function readHeaders(
  headers: Headers,
  request: { readonly method: string; readonly resource: Resource; readonly fspId: string },
): ReadHeaders | Rejection {
  const acceptFault = findAcceptFault(headers, request)
  if (acceptFault) return acceptFault
  const origin = readOrigin(headers, request.fspId)
  if ('kind' in origin) return origin
  return findContentTypeFault(headers, request.resource) ?? origin
}

/** PUT and PATCH are answers: Accept has no meaning there and is not looked at. */
function findAcceptFault(
  headers: Headers,
  { method, resource }: { readonly method: string; readonly resource: Resource },
): Rejection | undefined {
  if (method === 'PUT' || method === 'PATCH') return undefined
  const accept = headers['accept']
  if (accept === undefined) return missing('Accept')
  const kinds = accept.split(',').map(readMediaType)
  if (kinds.some((kind) => kind?.resource !== resource)) return malformed('Accept')
  const isServed = kinds.some((kind) => kind !== undefined && isVersionRead(resource, kind.version))
  return isServed ? undefined : unacceptable(resource)
}

function findContentTypeFault(headers: Headers, resource: Resource): Rejection | undefined {
  const type = headers['content-type']
  if (type === undefined) return missing('Content-Type')
  const kind = readMediaType(type)
  if (kind?.resource !== resource || kind.version?.includes('.') !== true)
    return malformed('Content-Type')
  return isVersionRead(resource, kind.version) ? undefined : unacceptable(resource)
}

function readOrigin(headers: Headers, fspId: string): ReadHeaders | Rejection {
  const { date, 'fspiop-source': source, 'fspiop-destination': destination } = headers
  if (date === undefined) return missing('Date')
  const answeredAt = patterns.httpDate.test(date) ? Date.parse(date) : NaN
  if (Number.isNaN(answeredAt)) return malformed('Date')
  if (source === undefined) return missing('FSPIOP-Source')
  if (destination !== undefined && destination !== fspId)
    return rejectionOf(fspiopErrors.DESTINATION_FSP_ERROR, 'FSPIOP-Destination is another FSP')
  return { source, answeredAt }
}

type MediaType = { readonly resource: string; readonly version?: string }

const mediaTypePattern =
  /^\s*application\/vnd\.interoperability\.([A-Za-z]+)\+json\s*(?:;\s*version\s*=\s*"?(\d+(?:\.\d+)?)"?\s*)?(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

function readMediaType(text: string): MediaType | undefined {
  const match = mediaTypePattern.exec(text)
  if (match?.[1] === undefined) return undefined
  return { resource: match[1], ...(match[2] === undefined ? {} : { version: match[2] }) }
}

/** No version asks for the latest there is; "1" for any of 1. */
function isVersionRead(resource: Resource, version: string | undefined): boolean {
  if (version === undefined || version === '1') return true
  const [major, minor] = version.split('.')
  const read: readonly string[] = minors[resource]
  return major === '1' && minor !== undefined && read.includes(minor)
}

function missing(header: string): Rejection {
  return rejectionOf(fspiopErrors.MISSING_ELEMENT, `header ${header}`)
}

function malformed(header: string): Rejection {
  return rejectionOf(fspiopErrors.MALFORMED_SYNTAX, `header ${header}`)
}

/** Names the versions that are read, as §3.3.4.3 asks: major as the key, minor as the value. */
function unacceptable(resource: Resource): Rejection {
  const rejection = rejectionOf(fspiopErrors.UNACCEPTABLE_VERSION, 'see the extension list')
  return { ...rejection, extensions: minors[resource].map((minor) => ({ key: '1', value: minor })) }
}
