import type { Incident, Job, JobVerdict, Variables } from '../engine.ts'
import { closeIncident, complete, enter, finish, raiseIncident, terminate } from './lifecycle.ts'
import { startInstance } from './triggers.ts'
import type { Core, JobState, Token } from './state.ts'
import { Rejected, findToken, touch } from './state.ts'
import { throwError } from './triggers.ts'
import { mergeVariables, ownVariables, setLocals, visibleVariables } from './variables.ts'
import { endJob, offerJob, recordJob } from './waits.ts'

/** Takes the oldest jobs of a type. Not durable on purpose: after a crash they are offered again at once. */
export function takeJobs(
  core: Core,
  type: string,
  { count, timeoutMs }: { readonly count: number; readonly timeoutMs: number },
): readonly Job[] {
  const queue = core.offered.get(type)
  if (queue === undefined) return []
  const taken: Job[] = []
  let seen = 0
  for (const job of queue) {
    if (taken.length >= count) break
    seen++
    if (job.state === 'offered') taken.push(takeJob(core, job, timeoutMs))
  }
  queue.splice(0, seen)
  if (queue.length === 0) core.offered.delete(type)
  return taken
}

function takeJob(core: Core, job: JobState, timeoutMs: number): Job {
  const { token } = job
  job.state = 'taken'
  ringAt(core, job, core.nowMs() + timeoutMs)
  return {
    key: String(job.key),
    type: job.type,
    processInstanceKey: String(token.instance.key),
    bpmnProcessId: token.instance.definition.bpmnProcessId,
    elementId: token.element.id,
    retries: job.retries,
    variables: visibleVariables(token),
    customHeaders: token.element.job?.headers ?? {},
  }
}

/** Offers a job again when its back-off or its worker's time is over. */
export function ringAt(core: Core, job: JobState, dueAt: number): void {
  if (job.alarm !== undefined) core.schedule.cancel(job.alarm)
  job.dueAt = dueAt
  const alarm = core.schedule.add(dueAt, () => {
    core.submit(() => {
      if (job.alarm !== alarm) return
      const intent = job.state === 'later' ? 'RECURRED_AFTER_BACKOFF' : 'TIMED_OUT'
      offerJob(core, job)
      recordJob(core, job, intent)
    })
  })
  job.alarm = alarm
}

/** Jobs that workers had before the state was read anew are still theirs. */
export function keepTaken(core: Core, takenUntil: ReadonlyMap<number, number>): void {
  for (const [key, dueAt] of takenUntil) {
    const job = core.jobs.get(key)
    if (job?.state !== 'offered') continue
    job.state = 'taken'
    ringAt(core, job, dueAt)
  }
}

/** Does what a handler decided. Throws Rejected if the job is gone or waits for an incident. */
export function answerJob(core: Core, key: string, verdict: JobVerdict): void {
  const job = findJob(core, key, verdict.kind)
  if (job.state !== 'offered' && job.state !== 'taken') {
    throw new Rejected('FAILED_PRECONDITION', `job ${key} is not active`)
  }
  if (verdict.kind === 'complete') {
    const { token } = job
    endJob(core, job, 'COMPLETED')
    token.result = ownVariables(verdict.variables)
    core.later(() => {
      complete(core, token)
    })
  } else if (verdict.kind === 'fail') failJob(core, job, verdict)
  else throwJobError(core, job, verdict)
}

function failJob(core: Core, job: JobState, verdict: JobVerdict & { kind: 'fail' }): void {
  const { token } = job
  job.retries = Math.max(0, verdict.retries)
  touch(core, token)
  if (job.retries === 0) {
    stopJob(core, job)
    recordJob(core, job, 'FAILED')
    const message = verdict.message === '' ? 'No more retries left.' : verdict.message
    raiseIncident(core, token, { type: 'JOB_NO_RETRIES', message, step: 'job' })
  } else if (verdict.backoffMs > 0) {
    job.state = 'later'
    ringAt(core, job, core.nowMs() + verdict.backoffMs)
    recordJob(core, job, 'FAILED')
  } else {
    offerJob(core, job)
    recordJob(core, job, 'FAILED')
  }
}

function throwJobError(core: Core, job: JobState, verdict: JobVerdict & { kind: 'error' }): void {
  const { token } = job
  job.errorCode = verdict.code
  stopJob(core, job)
  recordJob(core, job, 'ERROR_THROWN')
  const { code, message } = verdict
  const variables = ownVariables(verdict.variables)
  if (!throwError(core, token, { code, message, variables })) return
  job.state = 'ended'
  token.job = undefined
  core.jobs.delete(job.key)
}

function stopJob(core: Core, job: JobState): void {
  if (job.alarm !== undefined) core.schedule.cancel(job.alarm)
  job.alarm = undefined
  job.state = 'stopped'
  touch(core, job.token)
}

/** Gives a job more tries; the incident that holds it stays until it is resolved. */
export function updateRetries(core: Core, key: string, retries: number): void {
  if (retries < 1) throw new Rejected('INVALID_ARGUMENT', 'a job needs at least one try')
  const job = findJob(core, key, 'update')
  job.retries = retries
  touch(core, job.token)
  recordJob(core, job, 'RETRIES_UPDATED')
}

/** Does the failed step of an element again. A job without tries left gets `retries` first, if that is more than 0. */
export function resolveIncident(core: Core, key: string, retries: number): void {
  const token = core.incidents.get(Number(key))
  if (token === undefined)
    throw notFound('RESOLVE', `resolve incident with key '${key}', but no such incident was found`)
  const { job } = token
  if (job !== undefined && job.retries <= 0) {
    if (retries < 1) throw noRetriesLeft(key, job)
    updateRetries(core, String(job.key), retries)
  }
  const incident = closeIncident(core, token)
  if (incident?.step === 'enter') enter(core, token)
  else if (incident?.step === 'finish') finish(core, token)
  else if (job !== undefined) offerJob(core, job)
}

function noRetriesLeft(key: string, job: JobState): Rejected {
  return new Rejected(
    'NOT_FOUND',
    `Command 'RESOLVE' rejected with code 'NOT_FOUND': Expected to resolve incident with key '${key}', ` +
      `but job with key '${String(job.key)}' has no retries left. ` +
      'Please update the job retries and retry resolving the incident',
  )
}

const jobCommands = {
  complete: ['COMPLETE', 'complete job'],
  fail: ['FAIL', 'fail job'],
  error: ['THROW_ERROR', 'throw an error for job'],
  update: ['UPDATE_RETRIES', 'update retries for job'],
} as const

function findJob(core: Core, key: string, command: keyof typeof jobCommands): JobState {
  const job = core.jobs.get(Number(key))
  if (job !== undefined) return job
  const [name, words] = jobCommands[command]
  throw notFound(name, `${words} with key '${key}', but no such job was found`)
}

/** What Zeebe answers when there is nothing of that key, or no longer. */
function notFound(command: string, expected: string): Rejected {
  const words = `Command '${command}' rejected with code 'NOT_FOUND': Expected to ${expected}`
  return new Rejected('NOT_FOUND', words)
}

/** Starts an instance of the latest version at its none start event, and returns its key. */
export function createInstance(core: Core, bpmnProcessId: string, variables: Variables): string {
  const definition = core.latest.get(bpmnProcessId)
  if (definition === undefined)
    throw notFound(
      'CREATE',
      `find process definition with process ID '${bpmnProcessId}', but none found`,
    )
  const { elements } = definition.process
  const element = elements[elements[0]?.start ?? -1]
  if (element === undefined) {
    throw new Rejected('FAILED_PRECONDITION', `process ${bpmnProcessId} has no none start event`)
  }
  return String(
    startInstance(core, definition, { element, variables: ownVariables(variables) }).key,
  )
}

/** Ends an instance and all it called. Throws Rejected for one that another called. */
export function cancel(core: Core, key: string): void {
  const instance = core.instances.get(Number(key))
  if (instance?.root === undefined)
    throw notFound(
      'CANCEL',
      `cancel a process instance with key '${key}', but no such process was found`,
    )
  if (instance.caller !== undefined) {
    throw new Rejected(
      'FAILED_PRECONDITION',
      `process instance ${key} was called by another; cancel that`,
    )
  }
  terminate(core, instance.root)
}

/** Sets variables of a process or element instance: in it only, or wherever one of that name is. */
export function setVariables(
  core: Core,
  key: string,
  { variables, isLocal }: { readonly variables: Variables; readonly isLocal: boolean },
): void {
  const token = findElementInstance(core, Number(key))
  const set = isLocal ? setLocals : mergeVariables
  set(core, token, ownVariables(variables))
}

function findElementInstance(core: Core, key: number): Token {
  const root = core.instances.get(key)?.root
  if (root !== undefined) return root
  for (const instance of core.instances.values()) {
    const found = findToken(instance.root, key)
    if (found !== undefined) return found
  }
  throw notFound(
    'UPDATE',
    `update variables for element with key '${String(key)}', but no such element was found`,
  )
}

/** The open incidents, oldest first. */
export function listIncidents(core: Core): readonly Incident[] {
  return Array.from(core.incidents.values(), ({ incident, instance, element, job }) => ({
    key: String(incident?.key),
    type: incident?.type ?? '',
    message: incident?.message ?? '',
    processInstanceKey: String(instance.key),
    bpmnProcessId: instance.definition.bpmnProcessId,
    elementId: element.id,
    ...(job !== undefined && { jobKey: String(job.key) }),
  }))
}
