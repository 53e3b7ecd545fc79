import type { Headers, HttpClient } from './http.ts'

/** An answer whose body is JSON; `body` is undefined when it is none. */
export type JsonAnswer = { readonly status: number; readonly body: unknown }

/** A question or order to one of the lab's parties. */
export type JsonRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Headers
  readonly body?: unknown
}

/** Sends JSON and reads JSON. Every status is an answer; throws `NotSent` or `NoResponse` as the client does. */
export async function sendJson(http: HttpClient, request: JsonRequest): Promise<JsonAnswer> {
  const { method, url, headers = {}, body } = request
  const answer = await http.send({
    method,
    url,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { bytes: Buffer.from(JSON.stringify(body)) }),
    timeoutMs: answerMsMax,
  })
  return { status: answer.status, body: jsonOf(answer.bytes) }
}

const answerMsMax = 15_000

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
