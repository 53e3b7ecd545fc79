import type { z } from 'zod'
import type { RouteLine } from '../../router.ts'
import { errorBodySchema, quoteRequestSchema, quoteSchema } from '../fspiop/bodies.ts'
import { parametersHash } from '../fspiop/canonical.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import { fspiopLine, type Call, type LinePorts } from '../fspiop/line.ts'
import { parseJson } from '../fspiop/parse-body.ts'
import {
  callBackError,
  relayCallback,
  relayRequest,
  type ErrorCallback,
  type RelayPorts,
} from '../relay/relay.ts'

const resource = 'quotes'

/** /quotes: requests and callbacks go to FSPIOP-Destination. The same request again is passed on again; another one under the same id is 3106. */
export function quotesLines(ports: LinePorts & RelayPorts): readonly RouteLine[] {
  const isReused = createReuseCheck()
  return [
    requestLine(ports, {
      method: 'POST',
      path: '/quotes',
      schema: quoteRequestSchema,
      idOf: ({ body }) => body.quoteId,
      isReused,
    }),
    requestLine(ports, {
      method: 'GET',
      path: '/quotes/:correlationId',
      idOf: ({ params }) => params['correlationId'] ?? '',
      isReused: () => false,
    }),
    callbackLine(ports, '/quotes/:correlationId', quoteSchema),
    callbackLine(ports, '/quotes/:correlationId/error', errorBodySchema),
  ]
}

type RequestLine<T> = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly schema?: z.ZodType<T>
  readonly idOf: (call: Call<T>) => string
  readonly isReused: (inbound: Inbound, quoteId: string) => boolean
}

function requestLine<T>(ports: LinePorts & RelayPorts, line: RequestLine<T>): RouteLine {
  const { method, path, schema, idOf, isReused } = line
  const operation = method === 'GET' ? 'get-quotes' : 'post-quotes'
  const callbackOf = (call: Call<T>): ErrorCallback => {
    const errorPath = `/quotes/${idOf(call)}/error`
    return { inbound: call.inbound, operation, resource, errorPath }
  }
  const act = (call: Call<T>): FspiopError | undefined => {
    const { destination } = call.inbound
    if (destination === undefined) return fspiopError('3102', 'FSPIOP-Destination')
    if (!ports.participants.find(destination)) {
      callBackError(ports, callbackOf(call), fspiopError('3201', destination))
    } else if (isReused(call.inbound, idOf(call))) {
      callBackError(ports, callbackOf(call), fspiopError('3106', 'the quoteId was used before'))
    } else relayRequest(ports, callbackOf(call), destination)
    return undefined
  }
  const breakOff = (call: Call<T>): void =>
    callBackError(ports, callbackOf(call), fspiopError('2001', 'a fault of the lab'))
  const withBody = schema ? { schema } : {}
  return fspiopLine({ method, path, resource, operation, act, breakOff, ...withBody }, ports)
}

function callbackLine<T>(
  ports: LinePorts & RelayPorts,
  path: string,
  schema: z.ZodType<T>,
): RouteLine {
  const put = { method: 'PUT', resource, operation: 'put-quotes', path, schema } as const
  return fspiopLine(
    { ...put, act: ({ inbound }) => relayCallback(ports, inbound, put.operation) },
    ports,
  )
}

const rememberedMax = 100_000

/** Remembers the last quotes. A quote moves no money, so that a restart may forget them. */
function createReuseCheck(): (inbound: Inbound, quoteId: string) => boolean {
  const hashes = new Map<string, string>()
  return ({ source, request }, quoteId) => {
    const hash = parametersHash([source, parseJson(request.bytes)])
    const known = hashes.get(quoteId)
    if (known !== undefined) return known !== hash
    hashes.set(quoteId, hash)
    const oldest = hashes.keys().next().value
    if (hashes.size > rememberedMax && oldest !== undefined) hashes.delete(oldest)
    return false
  }
}
