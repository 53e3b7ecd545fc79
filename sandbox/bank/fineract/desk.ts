import type { Clock } from '../../clock.ts'
import type { Faults } from '../../faults.ts'
import type { HttpRequest, HttpResponse } from '../../http.ts'
import type { RoutedRequest } from '../../router.ts'
import type { Store } from '../../store.ts'
import { ApiError, badRequest, errorBody, errorResponse, jsonResponse } from './error.ts'
import { notAuthenticated, unknownTenant } from './error.ts'
import { writeJson, type JsonOut } from './json.ts'

/** A command: Fineract's names for it, which make its idempotency unique, and the operation that faults know it by. */
export type Command = {
  readonly action: string
  readonly entity: string
  readonly operation: string
  /** Does it, in the desk's transaction, and returns the body of the 200; throws an `ApiError` for a no. */
  readonly run: () => JsonOut
}

/** Where every request of the Fineract-shaped API is taken in. */
export interface Desk {
  /** Answers a read: credentials and faults first, 200 with what `run` gives, or the error that it throws. */
  read(routed: RoutedRequest, operation: string, run: () => JsonOut): Promise<HttpResponse>
  /**
   * Performs a command once per Idempotency-Key: a repeat gets the first answer (a failure too) with
   * `x-served-from-cache: true`, whatever its body says; 425 while the first is under way.
   */
  command(routed: RoutedRequest, command: Command): Promise<HttpResponse>
}

/** What the desk needs; `tenant` is the bank's name. */
export type DeskParts = {
  readonly tenant: string
  readonly credentials: { readonly user: string; readonly password: string }
  readonly store: Store
  readonly clock: Clock
  readonly faults: Faults
}

/** Fineract's column for the key holds 50 characters. */
const keyLengthMax = 50

const cacheHeaders = { 'x-served-from-cache': 'true' }

/** The desk of one bank. */
export function createDesk(parts: DeskParts): Desk {
  const { store, faults } = parts
  const admit = createGate(parts)
  const running = new Set<string>()

  const perform = async (command: Command, key: string | undefined): Promise<HttpResponse> => {
    await faults.delay(command.operation)
    // The checker's approval is what the fault takes away: nothing is done, and the answer is a 200 all the same.
    if (faults.take(command.operation, 'not-approved')) return jsonResponse(200, notApproved)
    try {
      const body = store.transaction(() => {
        const written = writeJson(command.run())
        if (key !== undefined) remember(store, { command, key, status: 200, body: written })
        return written
      })
      return await faults.atExit(command.operation, jsonResponse(200, body))
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      const body = errorBody(failure)
      if (key !== undefined) remember(store, { command, key, status: failure.status, body })
      return jsonResponse(failure.status, body)
    }
  }

  return {
    read: async (routed, operation, run) =>
      answering(async () => {
        admit(routed)
        const stopped = await faults.atEntry(operation)
        return stopped ?? faults.atExit(operation, jsonResponse(200, writeJson(run())))
      }),
    command: async (routed, command) =>
      answering(async () => {
        admit(routed)
        const key = keyOf(routed.request)
        const stopped = await faults.stop(command.operation)
        if (stopped) return stopped
        if (key === undefined) return perform(command, key)
        const first = recall(store, command, key)
        if (first) return first
        const name = [command.action, command.entity, key].join(' ')
        if (running.has(name)) throw new ApiError(425, 'error.msg.command.under.processing', [])
        running.add(name)
        const answer = perform(command, key)
        return answer.finally(() => running.delete(name))
      }),
  }
}

const notApproved = writeJson({ commandId: 1n, rollbackTransaction: true })

async function answering(work: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await work()
  } catch (failure) {
    if (failure instanceof ApiError) return errorResponse(failure)
    throw failure
  }
}

/** Throws unless the request names this tenant and knows its password; in that order, as Fineract's filters do. */
function createGate(parts: DeskParts): (routed: RoutedRequest) => void {
  const { user, password } = parts.credentials
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return ({ request, query }) => {
    const tenant = request.headers['fineract-platform-tenantid'] ?? query.get('tenantIdentifier')
    if (tenant !== parts.tenant) throw unknownTenant()
    if (request.headers['authorization'] !== expected) throw notAuthenticated()
  }
}

function keyOf(request: HttpRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key !== undefined && key.length > keyLengthMax) {
    const message = `An Idempotency-Key has at most ${String(keyLengthMax)} characters.`
    throw badRequest([{ code: 'error.msg.idempotency.key.too.long', message }])
  }
  return key === '' ? undefined : key
}

function recall(store: Store, command: Command, key: string): HttpResponse | undefined {
  const sql = 'SELECT status, body FROM command WHERE action = ? AND entity = ? AND key = ?'
  const [row] = store.all(sql, command.action, command.entity, key)
  if (!row) return undefined
  return jsonResponse(Number(row['status']), String(row['body']), cacheHeaders)
}

type Remembered = {
  readonly command: Command
  readonly key: string
  readonly status: number
  readonly body: string
}

function remember(store: Store, { command, key, status, body }: Remembered): void {
  store.run(
    'INSERT INTO command (action, entity, key, status, body) VALUES (?, ?, ?, ?, ?)',
    command.action,
    command.entity,
    key,
    status,
    body,
  )
}
