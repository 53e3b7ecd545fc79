import type { z } from 'zod'
import type { Clock } from '../../clock.ts'
import type { Faults } from '../../faults.ts'
import type { HttpRequest, HttpResponse } from '../../http.ts'
import type { PathParams, RoutedRequest, RouteLine } from '../../router.ts'
import { entryKinds, faultMsDefault, type Operation } from '../faults.ts'
import type { Participants } from '../ledger/participants.ts'
import { errorBody, fspiopError, type FspiopError } from './fspiop-error.ts'
import { headerProblem, mediaType } from './header-rules.ts'
import { inboundOf, type Inbound } from './inbound.ts'
import { parseBody } from './parse-body.ts'
import { publicKeyOf, signatureProblem } from './signature.ts'
import { isCorrelationId, partyIdTypes } from './formats.ts'

/** One request that was found right, and whose headers, signature, body and ids can be relied on. */
export type Call<T> = {
  readonly inbound: Inbound
  readonly params: PathParams
  readonly query: URLSearchParams
  readonly body: T
  /** Set by the fault `delay`: when the request arrived. */
  readonly judgedAt?: number
}

/** One method of one path of FSPIOP. `act` returns an error for the synchronous answer, or nothing. */
export type FspiopLine<T> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly resource: string
  readonly operation: Operation
  /** Of the body; without one the request has none. */
  readonly schema?: z.ZodType<T>
  readonly act: (call: Call<T>) => Promise<FspiopError | undefined> | FspiopError | undefined
  /** How the fault `error` looks like to whoever waits for a callback. */
  readonly breakOff?: (call: Call<T>) => void
  /** Faults that `act` sees to by itself. */
  readonly ownFaults?: readonly string[]
}

export type LinePorts = {
  readonly participants: Participants
  readonly faults: Faults
  readonly clock: Clock
}

/** The route of a line: headers, sender, signature, ids and body are checked in this order, then it acts. */
export function fspiopLine<T>(line: FspiopLine<T>, ports: LinePorts): RouteLine {
  const { method, path } = line
  const route = async (routed: RoutedRequest): Promise<HttpResponse> => {
    const call = readCall(line, routed, ports)
    if ('errorCode' in call) return synchronousError(call, line.resource)
    return actUnlessBroken(line, call, ports)
  }
  return { method, path, route }
}

/** The error as the answer itself. */
export function synchronousError(error: FspiopError, resource: string): HttpResponse {
  return {
    status: error.httpStatus,
    headers: { 'content-type': mediaType(resource, '1.1') },
    bytes: Buffer.from(JSON.stringify(errorBody(error))),
  }
}

function readCall<T>(
  line: FspiopLine<T>,
  { request, params, query }: RoutedRequest,
  ports: LinePorts,
): Call<T> | FspiopError {
  const problem =
    headerProblem(request, line.resource) ??
    senderProblem(request, ports.participants) ??
    pathProblem(params)
  if (problem) return problem
  const inbound = inboundOf(request)
  if (!line.schema) return { inbound, params, query, body: undefined as T }
  const parsed = parseBody(request.bytes, line.schema)
  return 'error' in parsed ? parsed.error : { inbound, params, query, body: parsed.value }
}

/** Who is not registered is 3200; who has registered a key must sign what has a body (3105). */
function senderProblem(request: HttpRequest, participants: Participants): FspiopError | undefined {
  const source = request.headers['fspiop-source'] ?? ''
  const sender = participants.find(source)
  if (!sender) return fspiopError('3200', `FSPIOP-Source ${source} is not a participant`)
  if (request.method === 'GET' || request.method === 'DELETE') return undefined
  if (sender.publicKeyPem === undefined) return undefined
  const key = publicKeyOf(sender.publicKeyPem)
  const problem = key ? signatureProblem(request, key) : 'the registered key cannot be read'
  return problem === undefined ? undefined : fspiopError('3105', problem)
}

function pathProblem(params: PathParams): FspiopError | undefined {
  const { correlationId, partyIdType, partyIdentifier, partySubIdOrType } = params
  if (correlationId !== undefined && !isCorrelationId(correlationId)) {
    return fspiopError('3101', 'the id in the path is no CorrelationId')
  }
  if (partyIdType !== undefined && !partyIdTypes.some((type) => type === partyIdType)) {
    return fspiopError('3101', `${partyIdType} is no PartyIdType`)
  }
  const isTooLong = [partyIdentifier, partySubIdOrType].some((id) => (id?.length ?? 0) > 128)
  return isTooLong ? fspiopError('3101', 'the party id is too long') : undefined
}

async function actUnlessBroken<T>(
  line: FspiopLine<T>,
  call: Call<T>,
  ports: LinePorts,
): Promise<HttpResponse> {
  const { faults, clock } = ports
  const kinds = entryKinds.filter((kind) => !(line.ownFaults ?? []).includes(kind))
  const fault = faults.take(line.operation, ...kinds)
  if (fault?.do === 'silence') return accepted(line.method)
  if (fault?.do === 'error') return breakOff(line, call, fault.status)
  if (fault?.do === 'delay') {
    const judgedAt = clock.now()
    void faults.pause(fault.ms ?? faultMsDefault).then(() => line.act({ ...call, judgedAt }))
    return accepted(line.method)
  }
  const error = await line.act(call)
  return error ? synchronousError(error, line.resource) : accepted(line.method)
}

function breakOff<T>(line: FspiopLine<T>, call: Call<T>, status: number | undefined): HttpResponse {
  if (status === undefined && line.breakOff) {
    line.breakOff(call)
    return accepted(line.method)
  }
  return synchronousError(fspiopError('2001', 'a fault of the lab', status ?? 500), line.resource)
}

/** 200 for a callback, 202 for a request; the body is empty (FSPIOP 1.1 §3.2.3). */
function accepted(method: string): HttpResponse {
  return { status: method === 'PUT' ? 200 : 202, headers: {}, bytes: new Uint8Array() }
}
