import type { Clock } from '../../hub/clock.ts'
import {
  OutcomeUnknown,
  Unavailable,
  type PeerError,
  type SwitchMessage,
} from '../../hub/connector.ts'
import { refusalOfCode, type Refusal } from '../../hub/domain/refusal.ts'
import { NoResponse, NotSent, type HttpClient, type HttpResponse } from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'
import type { MojaloopConfig } from './config.ts'
import { addressParts, fspiopErrors, readPeerError, stages, type Resource } from './wire.ts'

/** Sends composed messages to the switch, as they stand. */
export type SwitchClient = {
  readonly deliver: (message: SwitchMessage) => Promise<'accepted' | Refusal>
}

/** Makes the client of one FSP. It logs each call without the address, which may hold somebody's number. */
export function createSwitchClient(
  config: MojaloopConfig,
  { http, clock, log }: { readonly http: HttpClient; readonly clock: Clock; readonly log: Log },
): SwitchClient {
  const base = config.switchUrl.replace(/\/+$/, '')
  return {
    deliver: async (message) => {
      const startedAt = clock.now()
      const response = await send(http, base, { message, timeoutMs: config.timeoutMs })
      const { method } = message
      const fields = {
        fspId: config.fspId,
        method,
        resource: resourceOf(message),
        durationMs: clock.now() - startedAt,
        outcome: typeof response === 'string' ? response : response.status,
      }
      log.info(fields, 'switch called')
      return verdictOf(message, response)
    },
  }
}

type Failure = 'not sent' | 'no response'

async function send(
  http: HttpClient,
  base: string,
  { message, timeoutMs }: { readonly message: SwitchMessage; readonly timeoutMs: number },
): Promise<HttpResponse | Failure> {
  const { method, path, headers, body } = message
  const bytes = body === '' ? {} : { bytes: Buffer.from(body, 'utf8') }
  try {
    return await http.send({ method, url: `${base}${path}`, headers, timeoutMs, ...bytes })
  } catch (failure) {
    if (failure instanceof NotSent) return 'not sent'
    if (failure instanceof NoResponse) return 'no response'
    throw failure
  }
}

/** Refused at the door, before the switch looked at what the message says; unless it says so in FSPIOP's words. */
const doorStatuses: ReadonlySet<number> = new Set([401, 403, 407])

/** A 4xx that is not a no: too early, still at it, or never read to the end. */
const openStatuses: ReadonlySet<number> = new Set([408, 409, 425])

function verdictOf(message: SwitchMessage, response: HttpResponse | Failure): 'accepted' | Refusal {
  if (response === 'not sent') throw new Unavailable('the switch could not be reached')
  if (response === 'no response') throw lost(message, 'the switch did not answer')
  const { status, bytes } = response
  if (status === 200 || status === 202) return 'accepted'
  const answered = `the switch answered ${status}`
  if (status === 429) throw new Unavailable(answered)
  if (!isNo(status)) throw lost(message, answered)
  const error = readPeerError(bytes)
  if (error === undefined && doorStatuses.has(status)) throw new Unavailable(answered)
  return refusalOf(
    message,
    error ?? { errorCode: fspiopErrors.CLIENT_ERROR.code, description: answered },
  )
}

function isNo(status: number): boolean {
  return status >= 400 && status < 500 && !openStatuses.has(status)
}

/** A question that got lost may be asked again; anything else may have been taken in. */
function lost({ method }: SwitchMessage, why: string): Error {
  return method === 'GET' ? new Unavailable(why) : new OutcomeUnknown(why)
}

function refusalOf(message: SwitchMessage, { errorCode, description }: PeerError): Refusal {
  return refusalOfCode(stages[resourceOf(message)], errorCode, description)
}

function resourceOf({ path }: SwitchMessage): Resource {
  const resource = addressParts(path)?.[0]
  if (resource === undefined || !isResource(resource)) throw new Error('a message without resource')
  return resource
}

function isResource(word: string): word is Resource {
  return word in stages
}
