import type { Job, JobVerdict } from '../../../hub/engine/engine.ts'

/** When the broker does something by itself, as far as a hub's verdicts tell. */
export type BrokerTimers = {
  /** The instance of this job has gone on; the job is offered again if the hub dies. */
  began(job: Job, timeoutMs: number): void
  /** The instance goes on, or rests. */
  ended(job: Job, verdict: JobVerdict): void
  /** The hub is dead: what it was at comes back when its time is over. */
  hubDied(): void
  nextDueAt(): number | undefined
  /** Forgets the first one that is due; false if none is. */
  takeDue(): boolean
}

/** A timer is looked for ten times a second, a job that was not answered once. */
const timerLateMs = 110
const jobLateMs = 1_100

/** Keeps one time for each instance: the workflows have one token each. */
export function createBrokerTimers(now: () => number, jobTimeoutMs: number): BrokerTimers {
  let deaths = 0
  const timers = new Map<string, number>()
  const jobs = new Map<string, number>()
  const nextDueAt = (): number | undefined =>
    timers.size === 0 ? undefined : Math.min(...timers.values())
  return {
    began: ({ key, processInstanceKey }, timeoutMs) => {
      timers.delete(processInstanceKey)
      jobs.set(key, now() + timeoutMs + jobLateMs)
    },
    ended: ({ key, processInstanceKey }, verdict) => {
      jobs.delete(key)
      const restMs = restOf(verdict)
      if (restMs !== undefined) timers.set(processInstanceKey, now() + restMs + timerLateMs)
    },
    hubDied: () => {
      for (const [key, dueAt] of jobs) timers.set(`job ${key}`, dueAt)
      jobs.clear()
      // The broker may also have given jobs away that the hub never heard of.
      timers.set(`death ${++deaths}`, now() + jobTimeoutMs + jobLateMs)
    },
    nextDueAt,
    takeDue: () => {
      const dueAt = nextDueAt()
      if (dueAt === undefined || dueAt > now()) return false
      const first = [...timers].find(([, each]) => each === dueAt)
      return first !== undefined && timers.delete(first[0])
    },
  }
}

/** How long the instance rests: a step before a wait says it in `waitFor`, a failed one by its back-off. */
function restOf(verdict: JobVerdict): number | undefined {
  if (verdict.kind === 'fail') return verdict.retries > 0 ? verdict.backoffMs : undefined
  const { waitFor } = verdict.variables
  const seconds = typeof waitFor === 'string' ? /^PT([\d.]+)S$/.exec(waitFor)?.[1] : undefined
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
