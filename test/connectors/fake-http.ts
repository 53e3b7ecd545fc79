import type { HttpClient, HttpResponse, OutgoingRequest } from '../../hub/http.ts'
import type { Log } from '../../hub/log.ts'

export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A network that answers as told and remembers what was sent. */
export function fakeHttp(
  answer: (request: OutgoingRequest) => HttpResponse | Error,
): HttpClient & { readonly sent: OutgoingRequest[] } {
  const sent: OutgoingRequest[] = []
  return {
    sent,
    send: async (request) => {
      sent.push(request)
      const response = answer(request)
      if (response instanceof Error) throw response
      return response
    },
  }
}

export function response(status: number, body?: object): HttpResponse {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  return { status, headers: {}, bytes }
}
