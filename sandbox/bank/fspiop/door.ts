import type { z } from 'zod'
import type { HttpRequest, HttpResponse } from '../../http.ts'
import { readJson, type PathParams, type RoutedRequest, type RouteLine } from '../../router.ts'
import type { FspiopConfig } from './config.ts'
import type { Jws } from './jws.ts'
import { errorBody, fspiopError, type FspiopError } from './wire.ts'

/** A message whose headers, signature and body were found right. */
export type Call<T> = {
  /** FSPIOP-Source; of a message with a body its signature proves it. */
  readonly source: string
  /** Its Date, in milliseconds since 1970. */
  readonly datedAt: number
  readonly params: PathParams
  readonly body: T
  /** The body as JSON, nothing left out. */
  readonly content: unknown
}

/** One method of one path; `act` returns an error for the synchronous answer, or nothing. */
export type Line<T> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly schema: z.ZodType<T>
  readonly act: (call: Call<T>) => FspiopError | undefined
}

/** Where the face begins below the bank's own address. */
const fspiopBase = '/fspiop'

/** Opens a door in the bank's routing table for messages of one kind. */
export function openDoor<T>(
  line: Line<T>,
  { fspId, jws }: Pick<FspiopConfig, 'fspId'> & { readonly jws: Jws },
): RouteLine {
  const resource = line.path.split('/')[1] ?? ''
  const route = ({ request, params }: RoutedRequest): HttpResponse => {
    const problem =
      headerProblem(request, resource) ??
      addressProblem(request, fspId) ??
      senderProblem(request, jws)
    if (problem) return refused(problem, resource)
    const content = readJson(request)
    const parsed = line.schema.safeParse(content)
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join('.') ?? ''
      return refused(fspiopError('3101', `Malformed syntax - ${where}`), resource)
    }
    const source = request.headers['fspiop-source'] ?? ''
    const datedAt = Date.parse(request.headers['date'] ?? '')
    const error = line.act({ source, datedAt, params, content, body: parsed.data })
    return error ? refused(error, resource) : taken(line.method)
  }
  return { method: line.method, path: fspiopBase + line.path, route }
}

function headerProblem(
  { method, headers }: HttpRequest,
  resource: string,
): FspiopError | undefined {
  const isAsking = method === 'GET' || method === 'POST'
  const missing = (isAsking ? [...needed, 'accept'] : needed).find((name) => !headers[name])
  if (missing !== undefined) return fspiopError('3102', `Missing mandatory element - ${missing}`)
  const version = versionOf(headers['content-type'] ?? '', resource)
  if (version === undefined) return fspiopError('3101', 'Malformed syntax - content-type')
  if (!/^1(\.[01])?$/.test(version)) return fspiopError('3001', 'Unacceptable version requested')
  if (Number.isNaN(Date.parse(headers['date'] ?? ''))) {
    return fspiopError('3101', 'Malformed syntax - date')
  }
  return undefined
}

const needed = ['content-type', 'date', 'fspiop-source'] as const

function addressProblem({ headers }: HttpRequest, fspId: string): FspiopError | undefined {
  const destination = headers['fspiop-destination']
  if (destination === undefined || destination === fspId) return undefined
  return fspiopError('3100', 'FSPIOP-Destination is another')
}

function versionOf(contentType: string, resource: string): string | undefined {
  const mediaType = /^application\/vnd\.interoperability\.(\w+)\+json\s*;\s*version=([\d.]+)$/
  const match = mediaType.exec(contentType.trim())
  return match?.[1] === resource ? match[2] : undefined
}

/** GET has no body and is not signed (Signature 1.1 §3). */
function senderProblem(request: HttpRequest, jws: Jws): FspiopError | undefined {
  if (request.method === 'GET') return undefined
  const path = request.path.slice(fspiopBase.length)
  const problem = jws.problemOf({ ...request, path })
  return problem === undefined ? undefined : fspiopError('3105', `Invalid signature - ${problem}`)
}

function refused(error: FspiopError, resource: string): HttpResponse {
  return {
    status: error.errorCode === '3001' ? 406 : 400,
    headers: { 'content-type': `application/vnd.interoperability.${resource}+json;version=1.1` },
    bytes: Buffer.from(errorBody(error)),
  }
}

/** Without a body (FSPIOP 1.1 §3.2.3). */
function taken(method: string): HttpResponse {
  const status = method === 'GET' || method === 'POST' ? 202 : 200
  return { status, headers: {}, bytes: new Uint8Array() }
}
