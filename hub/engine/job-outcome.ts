import { OutcomeUnknown, Unavailable } from '../connector.ts'
import { isRefusal } from '../domain/refusal.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Step } from '../workflow.ts'
import type { Job, JobHandler, JobVerdict } from './engine.ts'

/** The BPMN error that every refusal throws; why is in the store, for the diagram one word is enough. */
const refusedError = 'refused'

/** Retries that every service task declares: they measure the back-off and never run out by failing to reach someone. */
export const jobRetries = 1000

const backoffMsMax = 60_000

/** Some five minutes of trying in vain: then a person is shown what waits, and the trying goes on. */
const failuresUntilShown = 10

/** What handlers need beside their steps. */
export type JobPorts = {
  readonly clock: Clock
  readonly log: Log
  /** Shows a person what has been tried in vain for long, or what only a change of this program can mend. It never throws. */
  readonly showIncident: (job: Job, why: string) => Promise<void>
}

/** Turns a step into a job handler: the one place where a result becomes the engine's verdict. */
export function jobHandler(step: Step, { clock, log, showIncident }: JobPorts): JobHandler {
  return async (job) => {
    const startedAt = clock.now()
    const verdict = await judge(step, job)
    const fields = {
      step: job.type,
      fspId: job.variables['fspId'],
      transferId: job.variables['transferId'],
      durationMs: clock.now() - startedAt,
      outcome: verdict.kind,
    }
    if (verdict.kind !== 'fail') log.info(fields, 'job finished')
    else if (verdict.retries > 0) {
      log.warn({ ...fields, why: verdict.message }, 'job will be tried again')
      if (failuresOf(job) === failuresUntilShown) await showIncident(job, verdict.message)
    } else {
      log.error({ ...fields, why: verdict.message }, 'job raised an incident')
      await showIncident(job, verdict.message)
    }
    return verdict
  }
}

async function judge(step: Step, job: Job): Promise<JobVerdict> {
  try {
    const result = await step(job.variables)
    if (!isRefusal(result)) return { kind: 'complete', variables: result }
    return { kind: 'error', code: refusedError, message: result.description, variables: {} }
  } catch (failure) {
    if (failure instanceof Unavailable || failure instanceof OutcomeUnknown)
      return tryAgain(job, failure)
    return { kind: 'fail', message: describe(failure), retries: 0, backoffMs: 0 }
  }
}

function tryAgain(job: Job, failure: Error): JobVerdict {
  const failures = Math.min(failuresOf(job), 16)
  const backoffMs = Math.min(backoffMsMax, 1000 * 2 ** failures)
  return {
    kind: 'fail',
    message: failure.message,
    retries: Math.max(job.retries - 1, 1),
    backoffMs,
  }
}

/** How often the job has failed before this time. */
function failuresOf({ retries }: Job): number {
  return Math.max(jobRetries - retries, 0)
}

function describe(failure: unknown): string {
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
}
