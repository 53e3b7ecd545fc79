import type { z } from 'zod'
import { OutcomeUnknown, Unavailable } from '../../hub/connector.ts'
import { NoResponse, NotSent, type HttpResponse } from '../../hub/http.ts'
import { createCredential } from './credential.ts'
import type { FineractConfig, Ports } from './config.ts'
import { exactJsonText, parseExactJson, type ExactJson } from './exact-json.ts'
import { readErrorCode } from './wire.ts'

/** One call. `path` starts after the version: "/interoperation/quotes"; its parts are escaped. */
export type CoreCall = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** What is called, for the log: a path may hold somebody's number. */
  readonly name: string
  readonly body?: ExactJson
  readonly idempotencyKey?: string
}

/** A no of the core, with Fineract's own code; '' when the answer is not in Fineract's words. */
export type CoreNo = { readonly kind: 'no'; readonly status: number; readonly code: string }

/** Speaks to one core: authenticates, and tells a no from a failure. */
export type CoreClient = {
  /** A call that moves no money: whatever fails throws `Unavailable`, an answer that the schema does not know included. */
  readonly ask: <T>(call: CoreCall, schema: z.ZodType<T>) => Promise<T | CoreNo>
  /** A call that moves money: `Unavailable` only when it surely did not happen, else `OutcomeUnknown`. */
  readonly move: <T>(call: CoreCall, schema: z.ZodType<T>) => Promise<T | CoreNo>
}

/** Fineract's column holds no more (CommandSource). */
const idempotencyKeyLengthMax = 50

/** Makes the client of one core. */
export function createCoreClient(config: FineractConfig, ports: Ports): CoreClient {
  const send = createSender(config, ports)
  const called = async <T>(
    call: CoreCall,
    schema: z.ZodType<T>,
    lost: (why: string) => Error,
  ): Promise<T | CoreNo> => {
    const response = await send(call)
    if (response === 'not sent') throw new Unavailable('the core could not be reached')
    if (response === 'no response') throw lost('the core did not answer')
    return readAnswer(response, schema, lost)
  }
  return {
    ask: (call, schema) => called(call, schema, (why) => new Unavailable(why)),
    move: async (call, schema) => {
      if ((call.idempotencyKey ?? '').length > idempotencyKeyLengthMax)
        throw new Error('an idempotency key of more than 50 characters')
      return called(call, schema, (why) => new OutcomeUnknown(why))
    },
  }
}

/** Tells a no of the core from anything else; the body is looked at only in Fineract's own words. */
export function isNo(answer: object): answer is CoreNo {
  return 'kind' in answer && answer.kind === 'no'
}

type Failure = 'not sent' | 'no response'

/** Sends a call; a 401 renews the credential, and the same call goes out once more, under the same key. */
function createSender(
  config: FineractConfig,
  ports: Ports,
): (call: CoreCall) => Promise<HttpResponse | Failure> {
  const { http, clock, log } = ports
  const credential = createCredential(config, ports)
  const base = config.url.replace(/\/+$/, '')
  const sendOnce = async (call: CoreCall): Promise<HttpResponse | Failure> => {
    const authorization = await credential.current()
    const startedAt = clock.now()
    const outcome = await attempt(() =>
      http.send({
        method: call.method,
        url: `${base}${call.path}`,
        headers: headersOf(call, { authorization, tenantId: config.tenantId }),
        ...(call.body === undefined ? {} : { bytes: Buffer.from(exactJsonText(call.body)) }),
        timeoutMs: config.timeoutMs,
      }),
    )
    const fields = {
      step: call.name,
      durationMs: clock.now() - startedAt,
      outcome: typeof outcome === 'string' ? outcome : outcome.status,
    }
    log.info(fields, 'core called')
    return outcome
  }
  return async (call) => {
    const first = await sendOnce(call)
    if (typeof first === 'string' || first.status !== 401 || !credential.renewable) return first
    credential.forget()
    return sendOnce(call)
  }
}

async function attempt(send: () => Promise<HttpResponse>): Promise<HttpResponse | Failure> {
  try {
    return await send()
  } catch (failure) {
    if (failure instanceof NotSent) return 'not sent'
    if (failure instanceof NoResponse) return 'no response'
    throw failure
  }
}

function headersOf(
  call: CoreCall,
  session: { readonly authorization: string; readonly tenantId: string },
): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: session.authorization,
    'fineract-platform-tenantid': session.tenantId,
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
  }
}

/** A 4xx that is no no: still at it (425), out of step (409), or never read to its end (408). */
const openStatuses: ReadonlySet<number> = new Set([408, 409, 425])

/** Turned away at the door: nothing behind it has seen the call. */
const doorStatuses: ReadonlySet<number> = new Set([401, 407, 429])

function readAnswer<T>(
  { status, bytes }: HttpResponse,
  schema: z.ZodType<T>,
  lost: (why: string) => Error,
): T | CoreNo {
  if (doorStatuses.has(status)) throw new Unavailable(`the core answered ${status}`)
  const body = parseExactJson(Buffer.from(bytes).toString('utf8'))
  if (status >= 200 && status < 300) {
    const read = schema.safeParse(body)
    if (!read.success) throw lost(`the core answered ${status} with something else`)
    return read.data
  }
  if (status < 400 || status >= 500 || openStatuses.has(status))
    throw lost(`the core answered ${status}`)
  return { kind: 'no', status, code: readErrorCode(body) ?? '' }
}
