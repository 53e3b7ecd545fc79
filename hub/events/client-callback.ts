import { createHmac } from 'node:crypto'
import { isCallbackTarget } from '../channel/callback-target.ts'
import type { ChannelConfig } from '../channel/config.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient } from '../http.ts'
import type { Log } from '../log.ts'
import type { OutboxRow } from '../store/store.ts'
import { backoffMs, triesWithin } from './backoff.ts'

/** A row of the outbox that a client waits for. */
export type ClientCallback = Extract<OutboxRow, { readonly kind: 'client-callback' }>

/** Sends a callback once. Returns when to try again, or undefined when that is not needed; it never throws. */
export type CallbackSender = (callback: ClientCallback) => Promise<number | undefined>

/** Targets are held against what is configured now; a client's URL was checked when it came, by what held then. */
export type CallbackConfig = Pick<ChannelConfig, 'callbackOrigins' | 'lab'> & {
  /** The secret that an FSP's clients verify signatures with. */
  readonly secretOf: (fspId: string) => string
}

const timeoutMs = 10_000
const backoff = { firstMs: 1_000, longestMs: 300_000 }
const patienceMs = 3 * 24 * 3_600_000
const triesMax = triesWithin(patienceMs, backoff)

/**
 * Posts the body, signed, to the URL that the client gave: `X-Kivuko-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of
 * "t.body">`, and `X-Kivuko-Delivery`, the same for each try. Any 2xx settles it; anything else is tried again, after
 * 1 s doubling to 5 min, for three days.
 */
export function createCallbackSender(
  config: CallbackConfig,
  ports: { readonly http: HttpClient; readonly clock: Clock; readonly log: Log },
): CallbackSender {
  const { clock, log } = ports
  return async (callback) => {
    const fields = { fspId: callback.fspId, delivery: callback.id, tries: callback.tries + 1 }
    if (!isCallbackTarget(callback.url, config)) {
      log.error(fields, 'client callback given up: its target is not allowed')
      return undefined
    }
    const failure = await post(callback, config, ports)
    if (failure === undefined) {
      log.info(fields, 'client callback sent')
      return undefined
    }
    if (fields.tries >= triesMax) {
      log.error({ ...fields, ...failure }, 'client callback given up')
      return undefined
    }
    log.warn({ ...fields, ...failure }, 'client callback not sent')
    return clock.now() + backoffMs(callback.tries, backoff)
  }
}

/** What went wrong, if anything. */
async function post(
  { id, fspId, url, body }: ClientCallback,
  config: CallbackConfig,
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
): Promise<{ readonly status: number } | { readonly error: unknown } | undefined> {
  try {
    const { status } = await http.send({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'x-kivuko-delivery': id,
        'x-kivuko-signature': sign(body, config.secretOf(fspId), clock.now()),
      },
      bytes: Buffer.from(body),
      timeoutMs,
      reach: config.lab ? 'public-or-loopback' : 'public',
    })
    return status >= 200 && status < 300 ? undefined : { status }
  } catch (error) {
    return { error }
  }
}

function sign(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}
