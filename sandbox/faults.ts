import { z } from 'zod'
import type { Clock } from './clock.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import { json, problem, readJson } from './router.ts'

/** What can be made to go wrong. Who owns the faults says which of these it can do. */
export const faultKinds = [
  'delay',
  'silence',
  'error',
  'duplicate',
  'reorder',
  'commit-then-hang',
  'late-copy',
  'hold-reply',
  'error-while-reserved',
  'duplicates-last',
  'tell-before-commit',
  'not-approved',
  'wrong-fulfilment',
  'late',
  'other-amount',
  'unsigned',
  'bad-signature',
] as const

/** One of the kinds above. */
export type FaultKind = (typeof faultKinds)[number]

/** One active fault. Without `times` it lasts until cleared; `ms` is how long; `status` is for `error`, 500 without. */
export type Fault = {
  readonly on: string
  readonly do: FaultKind
  readonly times?: number
  readonly ms?: number
  readonly status?: number
}

/** What the owner can have broken: its operations and the kinds it can do. */
export type FaultScope = {
  readonly operations: readonly string[]
  readonly kinds: readonly FaultKind[]
}

/** Faults of one party of the lab, switched on and off by `PUT`, `GET` and `DELETE /lab/faults`. */
export interface Faults {
  /** The first active fault on the operation (of these kinds, if any are named), counted down by one; or undefined. */
  take(operation: string, ...kinds: readonly FaultKind[]): Fault | undefined
  /** Resolves after so long, or as soon as the faults are cleared; the wait is at most `silenceMsMax`. */
  pause(ms: number): Promise<void>
  /** What happens before an operation: a `delay` is waited out, then `stop` answers. Undefined means: go on. */
  atEntry(operation: string): Promise<HttpResponse | undefined>
  /** Waits out a `delay` on the operation, a second without `ms`. */
  delay(operation: string): Promise<void>
  /** Answers for an `error`; for a `silence` hangs up, but only after its `ms` or `silenceMsMax`. Else undefined. */
  stop(operation: string): Promise<HttpResponse | undefined>
  /** What happens after an operation was done: the answer itself, or nothing at all for `commit-then-hang`. */
  atExit(operation: string, response: HttpResponse): Promise<HttpResponse>
  /** Answers `/lab/faults`: PUT adds one (or replaces the same kind on the same operation), GET lists, DELETE clears. */
  route(request: HttpRequest): HttpResponse
  /** Forgets all faults and ends every pause. */
  clear(): void
}

/** The longest that a silence or a delay lasts: longer than any caller of the lab waits. */
export const silenceMsMax = 120_000

/** Faults of one party; none is active at first. */
export function createFaults(scope: FaultScope, ports: { readonly clock: Clock }): Faults {
  const schema = faultSchema(scope)
  const { pause, endAll } = createPauses(ports.clock)
  let active: Fault[] = []

  const take: Faults['take'] = (operation, ...kinds) => {
    const fits = (fault: Fault): boolean =>
      fault.on === operation && (kinds.length === 0 || kinds.includes(fault.do))
    const taken = active.find(fits)
    if (taken?.times !== undefined) active = active.flatMap((each) => counted(each, taken))
    return taken
  }
  const hangUp = async (fault: Fault): Promise<HttpResponse> => {
    await pause(fault.ms ?? silenceMsMax)
    return noAnswer
  }
  const delay: Faults['delay'] = async (operation) => {
    const fault = take(operation, 'delay')
    if (fault) await pause(fault.ms ?? 1_000)
  }
  const stop: Faults['stop'] = async (operation) => {
    const silence = take(operation, 'silence')
    if (silence) return hangUp(silence)
    const error = take(operation, 'error')
    return error ? problem(error.status ?? 500, `a fault on ${operation}`) : undefined
  }
  const clear = (): void => {
    active = []
    endAll()
  }
  return {
    take,
    pause,
    clear,
    delay,
    stop,
    async atEntry(operation) {
      await delay(operation)
      return stop(operation)
    },
    async atExit(operation, response) {
      const hang = take(operation, 'commit-then-hang')
      return hang ? hangUp(hang) : response
    },
    route(request) {
      if (request.method === 'PUT') {
        const parsed = schema.safeParse(readJson(request))
        if (!parsed.success) return problem(400, faultProblem(parsed.error))
        const fault = parsed.data
        active = [...active.filter((each) => each.on !== fault.on || each.do !== fault.do), fault]
      } else if (request.method === 'DELETE') clear()
      else if (request.method !== 'GET') return problem(405, 'faults know PUT, GET and DELETE')
      return json(200, { faults: active, operations: scope.operations, kinds: scope.kinds })
    },
  }
}

type Pauses = { readonly pause: Faults['pause']; readonly endAll: () => void }

function createPauses(clock: Clock): Pauses {
  const running = new Set<() => void>()
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        const end = (): void => {
          cancel()
          running.delete(end)
          resolve()
        }
        const cancel = clock.after(Math.min(ms, silenceMsMax), end)
        running.add(end)
      }),
    endAll: () => {
      for (const end of [...running]) end()
    },
  }
}

/** Status 0: the connection ends without an answer. */
const noAnswer: HttpResponse = { status: 0, headers: {}, bytes: new Uint8Array() }

function counted(fault: Fault, taken: Fault): readonly Fault[] {
  if (fault !== taken || fault.times === undefined) return [fault]
  return fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []
}

function faultSchema(scope: FaultScope): z.ZodType<Fault> {
  return z.strictObject({
    on: z.enum(scope.operations, { error: `must be one of ${scope.operations.join(', ')}` }),
    do: z.enum(scope.kinds, { error: `must be one of ${scope.kinds.join(', ')}` }),
    times: z.int().min(1).max(1_000_000).exactOptional(),
    ms: z.int().min(1).max(silenceMsMax).exactOptional(),
    status: z.int().min(400).max(599).exactOptional(),
  })
}

function faultProblem(error: z.ZodError): string {
  const issues = error.issues.map((issue) => [issue.path.join('.'), issue.message])
  return issues
    .map(([path, message]) => (path ? `${path}: ${String(message)}` : message))
    .join('; ')
}
