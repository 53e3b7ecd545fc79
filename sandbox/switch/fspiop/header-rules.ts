import type { Headers, HttpRequest } from '../../http.ts'
import { fspiopError, type Extension, type FspiopError } from './fspiop-error.ts'

/** What this switch speaks: major.minor, newest last. */
const supportedVersions = ['1.0', '1.1'] as const

/** The largest body of FSPIOP 1.1 §3.2.1. */
const bodyBytesMax = 5_242_880

const acceptMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE'])

/**
 * Checks the headers in the order of the OSS switch: accept, date, content-length, content-type (FSPIOP 1.1 §3.2, §3.3);
 * then that FSPIOP-Source is there. Undefined: nothing wrong.
 */
export function headerProblem(request: HttpRequest, resource: string): FspiopError | undefined {
  const { headers } = request
  return (
    (acceptMethods.has(request.method) ? acceptProblem(headers, resource) : undefined) ??
    dateProblem(headers['date']) ??
    lengthProblem(request) ??
    contentTypeProblem(headers, resource) ??
    (headers['fspiop-source'] ? undefined : fspiopError('3102', 'FSPIOP-Source'))
  )
}

/** The version of a Content-Type that passed `headerProblem`. */
export function contentVersion(headers: Headers): string {
  return /version=(\d+\.\d+)$/.exec((headers['content-type'] ?? '').trim())?.[1] ?? '1.0'
}

/** The media type of our own messages. */
export function mediaType(resource: string, version: string): string {
  return `application/vnd.interoperability.${resource}+json;version=${version}`
}

function acceptProblem(headers: Headers, resource: string): FspiopError | undefined {
  const accept = headers['accept']
  if (accept === undefined) return fspiopError('3102', 'Accept')
  const versions = accept.split(',').map((range) => versionOf(range, resource))
  if (versions.includes('malformed')) return fspiopError('3101', 'Accept')
  return versions.some(isAcceptable) ? undefined : versionError('Accept')
}

function contentTypeProblem(headers: Headers, resource: string): FspiopError | undefined {
  const contentType = headers['content-type']
  if (contentType === undefined) return fspiopError('3102', 'Content-Type')
  const version = versionOf(contentType, resource)
  if (!/^\d+\.\d+$/.test(version)) return fspiopError('3101', 'Content-Type')
  return isAcceptable(version) ? undefined : versionError('Content-Type')
}

/** 'latest' for a type without a version, 'malformed' for what is not this resource's type. */
function versionOf(mediaRange: string, resource: string): string {
  const match =
    /^application\/vnd\.interoperability\.([A-Za-z]+)\+json\s*(?:;\s*version=(\d+(?:\.\d+)?))?$/.exec(
      mediaRange.trim(),
    )
  if (match?.[1] !== resource) return 'malformed'
  return match[2] ?? 'latest'
}

function isAcceptable(version: string): boolean {
  if (version === 'latest') return true
  return supportedVersions.some((known) => known === version || known.split('.')[0] === version)
}

function versionError(header: string): FspiopError {
  const extensions = supportedVersions.map((version): Extension => {
    const [key = '', value = ''] = version.split('.')
    return { key, value }
  })
  const description = 'The Client requested an unsupported version, see extension list'
  return {
    ...fspiopError('3001', `${header}: ${description}`, 406),
    extensions,
  }
}

function dateProblem(date: string | undefined): FspiopError | undefined {
  if (date === undefined) return fspiopError('3102', 'Date')
  const isWellFormed =
    /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date)
  return isWellFormed ? undefined : fspiopError('3101', 'Date')
}

function lengthProblem(request: HttpRequest): FspiopError | undefined {
  const stated = request.headers['content-length']
  if (stated !== undefined && !/^\d{1,15}$/.test(stated))
    return fspiopError('3101', 'Content-Length')
  const isTooLarge = request.bytes.length > bodyBytesMax || BigInt(stated ?? 0) > bodyBytesMax
  return isTooLarge ? fspiopError('3104', `more than ${bodyBytesMax} bytes`) : undefined
}
