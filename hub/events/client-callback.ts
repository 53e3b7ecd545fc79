import { createHmac } from 'node:crypto'
import { isCallbackTarget } from '../channel/callback-target.ts'
import type { ChannelConfig } from '../channel/config.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient, Reach } from '../http.ts'
import type { Log } from '../log.ts'
import type { OutboxRow } from '../store/store.ts'
import { backoffMs, triesWithin } from './backoff.ts'

/** A row of the outbox that a client waits for. */
export type ClientCallback = Extract<OutboxRow, { readonly kind: 'client-callback' }>

/** Sends a callback once. Returns when to try again, or undefined when that is not needed; it never throws. */
export type CallbackSender = (callback: ClientCallback) => Promise<number | undefined>

/** Targets are held against what is configured now; a client's URL was checked when it came, by what held then. */
export type CallbackConfig = Pick<ChannelConfig, 'callbackOrigins' | 'lab'> & {
  /** Each FSP's secret, which its clients verify signatures with. */
  readonly tenants: readonly { readonly fspId: string; readonly callbackSecret: string }[]
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
  const secrets = new Map(config.tenants.map((tenant) => [tenant.fspId, tenant.callbackSecret]))
  const reach = config.lab ? 'public-or-loopback' : 'public'
  return async (callback) => {
    const fields = { fspId: callback.fspId, delivery: callback.id, tries: callback.tries + 1 }
    const secret = secrets.get(callback.fspId)
    if (secret === undefined || !isCallbackTarget(callback.url, config)) {
      log.error(fields, 'client callback given up, for it is not allowed any more')
      return undefined
    }
    const failure = await post(callback, { secret, reach }, ports)
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
  { id, url, body }: ClientCallback,
  { secret, reach }: { readonly secret: string; readonly reach: Reach },
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
): Promise<{ readonly status: number } | { readonly error: unknown } | undefined> {
  try {
    const { status } = await http.send({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'x-kivuko-delivery': id,
        'x-kivuko-signature': sign(body, secret, clock.now()),
      },
      bytes: Buffer.from(body),
      timeoutMs,
      reach,
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
