import type { Clock } from '../../clock.ts'
import { NoResponse, NotSent, type Headers, type HttpClient } from '../../http.ts'
import type { SwitchConfig } from '../config.ts'
import { httpDate } from '../fspiop/date.ts'
import type { Signer } from '../fspiop/signature.ts'
import type { Participants } from '../ledger/participants.ts'
import { endpointUrl } from './endpoint.ts'
import type { Message } from './message.ts'

/** What became of one attempt: a 4xx is `refused` and repeating it is no use, everything else is `unreachable`. */
export type Attempt = 'delivered' | 'refused' | 'unreachable'

/** Sends one message once. */
export type Sender = (message: Message) => Promise<Attempt>

/** Relayed messages leave as they came; our own are dated and signed here, for each attempt anew. */
export function createSender(
  config: Pick<SwitchConfig, 'name' | 'callbackTimeoutMs'>,
  ports: {
    readonly clock: Clock
    readonly network: HttpClient
    readonly participants: Participants
    readonly signer: Signer
  },
): Sender {
  const { clock, network, participants, signer } = ports
  return async (message) => {
    const url = endpointUrl(participants.endpoints(message.to), message)
    if (url === undefined) return 'unreachable'
    const { method, bytes } = message
    const headers = message.isOwn ? ownHeaders(message) : message.headers
    const body = bytes.length > 0 ? { bytes } : {}
    try {
      const timeoutMs = config.callbackTimeoutMs
      const { status } = await network.send({ method, url, headers, timeoutMs, ...body })
      if (status < 300) return 'delivered'
      return status < 500 && status !== 429 ? 'refused' : 'unreachable'
    } catch (failure) {
      if (failure instanceof NotSent || failure instanceof NoResponse) return 'unreachable'
      throw failure
    }
  }

  function ownHeaders(message: Message): Headers {
    const headers = {
      ...message.headers,
      date: httpDate(message.datedAt ?? clock.now()),
      'fspiop-source': config.name,
      'fspiop-destination': message.to,
      'fspiop-uri': message.path,
      'fspiop-http-method': message.method,
    }
    return { ...headers, 'fspiop-signature': signer.signatureOf({ ...message, headers }) }
  }
}
