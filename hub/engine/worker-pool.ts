import type { Clock } from '../clock.ts'
import { Unavailable } from '../connector.ts'
import type { Log } from '../log.ts'
import type { Job, JobHandler, JobVerdict, Worker } from './engine.ts'

/** After a commit that failed; a person has to make room on the disk. */
const answerAgainMs = 1000

type Subscription = {
  readonly type: string
  readonly handler: JobHandler
  readonly maxActive: number
  readonly timeoutMs: number
  /** Ends of the jobs' times: one that has passed no longer counts. A job offered twice is there twice. */
  readonly active: Map<Job, number>
  readonly idle: (() => void)[]
}

/** Runs handlers in this program. */
export interface WorkerPool {
  work(
    type: string,
    handler: JobHandler,
    options: { readonly maxActive: number; readonly timeoutMs: number },
  ): Worker
  /** Hands out the jobs that are offered, as far as workers have room. */
  dispatch(): void
  /** Hands out nothing for a while, after which it begins by itself. */
  pause(ms: number): void
  /** No more jobs; what runs is left alone. */
  close(): void
}

type PoolPorts = {
  readonly clock: Clock
  readonly log: Log
  /** The oldest jobs of a type that are offered. */
  readonly take: (
    type: string,
    options: { readonly count: number; readonly timeoutMs: number },
  ) => readonly Job[]
  readonly answer: (key: string, verdict: JobVerdict) => Promise<void>
}

/** A pool of handlers. */
export function createWorkerPool(ports: PoolPorts): WorkerPool {
  const subscriptions = new Set<Subscription>()
  let pausedUntil = -Infinity
  const serve = async (subscription: Subscription, job: Job): Promise<void> => {
    const verdict = await runHandler(subscription.handler, job, ports.log)
    const endsAt = subscription.active.get(job) ?? 0
    const isOurs = (): boolean => subscriptions.has(subscription) && ports.clock.now() < endsAt
    await answerJob(ports, { job, verdict }, isOurs)
    subscription.active.delete(job)
    if (subscription.active.size === 0) for (const resolve of subscription.idle.splice(0)) resolve()
    if (subscriptions.has(subscription)) dispatchTo(subscription)
  }
  const dispatchTo = (subscription: Subscription): void => {
    const now = ports.clock.now()
    if (now < pausedUntil) return
    const { type, timeoutMs, maxActive } = subscription
    const busy = countBusy(subscription, now)
    if (busy >= maxActive) return
    for (const job of ports.take(type, { count: maxActive - busy, timeoutMs })) {
      subscription.active.set(job, now + timeoutMs)
      void serve(subscription, job)
    }
  }
  const dispatch = (): void => {
    subscriptions.forEach(dispatchTo)
  }
  return {
    work: (type, handler, options) => {
      const subscription: Subscription = {
        type,
        handler,
        ...options,
        active: new Map(),
        idle: [],
      }
      subscriptions.add(subscription)
      ports.clock.after(0, dispatch)
      return {
        close: () => {
          subscriptions.delete(subscription)
          if (subscription.active.size === 0) return Promise.resolve()
          return new Promise((resolve) => {
            subscription.idle.push(resolve)
          })
        },
      }
    },
    dispatch,
    pause: (ms) => {
      pausedUntil = ports.clock.now() + ms
      ports.clock.after(ms, dispatch)
    },
    close: () => {
      subscriptions.clear()
    },
  }
}

type Answered = { readonly job: Job; readonly verdict: JobVerdict }

/** Gives the verdict; again and again while it cannot be made durable and the job is still this handler's. */
async function answerJob(
  ports: PoolPorts,
  answered: Answered,
  isOurs: () => boolean,
): Promise<void> {
  while (!(await isSettled(ports, answered)) && isOurs()) {
    await new Promise<void>((resolve) => void ports.clock.after(answerAgainMs, resolve))
  }
}

async function isSettled({ answer, log }: PoolPorts, { job, verdict }: Answered): Promise<boolean> {
  try {
    await answer(job.key, verdict)
    return true
  } catch (error) {
    log.warn({ error, jobType: job.type, jobKey: job.key }, 'job verdict not accepted')
    return !(error instanceof Unavailable)
  }
}

/** Looks for jobs whose time has passed only when there seems to be no room without. */
function countBusy({ active, maxActive }: Subscription, now: number): number {
  if (active.size < maxActive) return active.size
  return Array.from(active.values()).filter((endsAt) => endsAt > now).length
}

/** The handler's verdict. One that throws fails its job: one try less, again after a second. */
export async function runHandler(handler: JobHandler, job: Job, log: Log): Promise<JobVerdict> {
  try {
    return await handler(job)
  } catch (error) {
    log.error({ error, jobType: job.type, jobKey: job.key }, 'job handler threw')
    return retryLater(job, error)
  }
}

function retryLater(job: Job, error: unknown): JobVerdict {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'fail', message, retries: job.retries - 1, backoffMs: 1000 }
}
