import type { z } from 'zod'
import type { HttpResponse } from '../../http.ts'
import { json, type RoutedRequest, type RouteLine } from '../../router.ts'
import { errorBody, type FspiopError } from '../fspiop/fspiop-error.ts'
import { parseBody } from '../fspiop/parse-body.ts'

/** What an admin request comes to: a status with a body, or a no. */
export type AdminAnswer = { readonly status: number; readonly body?: unknown } | FspiopError

export type AdminCall<T> = RoutedRequest & { readonly body: T }

/** One method of one path of the admin API; `act` may throw nothing but what is a bug. */
export function adminLine<T>(
  line: string,
  schema: z.ZodType<T> | undefined,
  act: (call: AdminCall<T>) => AdminAnswer,
): RouteLine {
  const [method = '', path = ''] = line.split(' ')
  return {
    method,
    path: `/admin${path}`,
    route: (routed) => {
      if (!schema) return respond(act({ ...routed, body: undefined as T }))
      const parsed = parseBody(routed.request.bytes, schema)
      return respond('error' in parsed ? parsed.error : act({ ...routed, body: parsed.value }))
    },
  }
}

/** The number that a path gives as an id; 0, which nothing has, for what is none. */
export function numberIn(params: RoutedRequest['params'], name: string): number {
  const text = params[name] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** An FSPIOP error as plain JSON. */
export function adminError(error: FspiopError): HttpResponse {
  return json(error.httpStatus, errorBody(error))
}

function respond(answer: AdminAnswer): HttpResponse {
  if ('errorCode' in answer) return adminError(answer)
  if (answer.body !== undefined) return json(answer.status, answer.body)
  return { status: answer.status, headers: {}, bytes: new Uint8Array() }
}
