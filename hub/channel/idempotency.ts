import { createHash } from 'node:crypto'
import type { HttpResponse } from '../http.ts'
import type { IdempotencyScope, Store, Tx } from '../store/store.ts'

/** What a request was answered first, word for word. */
export type FirstAnswer = { readonly status: number; readonly body: string }

/** A request that moves money, as its idempotency record knows it. */
export type KeyedRequest = {
  readonly scope: IdempotencyScope
  /** One text for all requests that mean the same (parameters, not bytes). */
  readonly parameters: string
}

/**
 * Does the work of a request once (law 3 of ARCHITECTURE.md): the record and the work's effects are one transaction, a repeat gets the
 * first answer, and other parameters under the same key get undefined. Of two at the same time one works.
 */
export async function answerOnce(
  store: Store,
  { scope, parameters }: KeyedRequest,
  work: (tx: Tx) => Promise<FirstAnswer>,
): Promise<FirstAnswer | undefined> {
  const requestHash = createHash('sha256').update(parameters).digest('hex')
  try {
    return await store.step(async (tx) => {
      const first = await tx.idempotency.find(scope)
      if (first) return first.requestHash === requestHash ? first : undefined
      const answer = await work(tx)
      await tx.idempotency.insert(scope, { requestHash, ...answer })
      return answer
    })
  } catch (failure) {
    // On a database of many writers, the other of two equal requests may have been written between our read and our write.
    const first = await store.step((tx) => tx.idempotency.find(scope))
    if (!first) throw failure
    return first.requestHash === requestHash ? first : undefined
  }
}

/** JSON with the members of every object in order of their names. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sorted)
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The answer that a request was given first, as a response. */
export function firstResponse({ status, body }: FirstAnswer): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    bytes: Buffer.from(body),
  }
}
