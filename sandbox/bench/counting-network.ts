import type { Headers, HttpRequest, HttpResponse } from '../http.ts'

/** What went over a network: all messages, and those that carry a signature. */
export type Counts = { messages: number; signed: number }

type AnyNetwork = {
  send(request: { readonly headers: Headers }): Promise<HttpResponse>
  listen(route: (request: HttpRequest) => Promise<HttpResponse>, options: never): Promise<unknown>
}

/** The same network, counting what one party sends and receives through it. */
export function countMessages<N extends AnyNetwork>(network: N, counts: Counts): N {
  const count = ({ headers }: { readonly headers: Headers }): void => {
    counts.messages += 1
    if ('fspiop-signature' in headers) counts.signed += 1
  }
  return {
    ...network,
    send: (request: Parameters<N['send']>[0]) => {
      count(request)
      return network.send(request)
    },
    listen: (route: Parameters<N['listen']>[0], options: Parameters<N['listen']>[1]) =>
      network.listen((request) => {
        count(request)
        return route(request)
      }, options),
  }
}
