import type { HttpClient } from '../http.ts'

export type Counts = { messages: number; signed: number }

/** The same network, counting what is sent through it: all messages, and those that carry a signature. */
export function countSent<N extends HttpClient>(network: N, counts: Counts): N {
  return {
    ...network,
    send: (request: Parameters<N['send']>[0]) => {
      counts.messages += 1
      if ('fspiop-signature' in request.headers) counts.signed += 1
      return network.send(request)
    },
  }
}
