import type { JSONDoc } from 'zeebe-node'
import type { Job, Variables } from '../engine.ts'

/** A job as the gateway sends it: documents are JSON texts, keys are decimal strings. */
type ActivatedJob = {
  readonly key: string
  readonly type: string
  readonly processInstanceKey: string
  readonly bpmnProcessId: string
  readonly elementId: string
  readonly retries: number
  readonly variables: string
  readonly customHeaders: string
}

/** The jobs of one message of an activation; anything else throws, for then client and gateway do not fit. */
export function activatedJobsOf(message: unknown): readonly Job[] {
  const jobs = isObject(message) ? message['jobs'] : undefined
  if (!Array.isArray(jobs) || !jobs.every(isActivatedJob))
    throw new Error('the gateway sent jobs in a form that is not known')
  return jobs.map(jobOf)
}

/** Variables as the client describes them: it forgot that JSON has null. */
export function documentOf(variables: Variables): JSONDoc {
  return variables as JSONDoc
}

function jobOf(activated: ActivatedJob): Job {
  const { key, type, processInstanceKey, bpmnProcessId, elementId, retries } = activated
  return {
    key,
    type,
    processInstanceKey,
    bpmnProcessId,
    elementId,
    retries,
    variables: JSON.parse(activated.variables || '{}') as Variables,
    customHeaders: JSON.parse(activated.customHeaders || '{}') as Record<string, string>,
  }
}

/** A gRPC failure's status (https://grpc.io/docs/guides/status-codes); undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  return isObject(error) && typeof error['code'] === 'number' ? error['code'] : undefined
}

/** Jobs as they come. */
export type JobStream = {
  on(event: 'data', listener: (message: unknown) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  cancel(): void
}

/** Asks the gateway for jobs, once. */
export type ActivateJobs = (request: {
  readonly type: string
  readonly worker: string
  readonly timeout: number
  readonly maxJobsToActivate: number
}) => Promise<JobStream>

/** The activation of the client's gRPC part, which it does not describe; throws a sentence when it is not there. */
export function activatorOf(grpc: unknown): (request: object) => Promise<JobStream> {
  const activate = isObject(grpc) ? grpc['activateJobsStream'] : undefined
  if (!isCall(activate)) throw new Error('this zeebe-node cannot activate jobs')
  return async (request) => {
    const answer: unknown = await activate(request)
    if (isJobStream(answer)) return answer
    if (isObject(answer) && answer['error'] instanceof Error) throw answer['error']
    throw new Error('the client gave no stream of jobs')
  }
}

function isCall(value: unknown): value is (request: object) => unknown {
  return typeof value === 'function'
}

function isJobStream(value: unknown): value is JobStream {
  return (
    isObject(value) && typeof value['on'] === 'function' && typeof value['cancel'] === 'function'
  )
}

function isActivatedJob(value: unknown): value is ActivatedJob {
  return (
    isObject(value) &&
    ['key', 'type', 'processInstanceKey', 'bpmnProcessId', 'elementId'].every(
      (name) => typeof value[name] === 'string',
    ) &&
    typeof value['retries'] === 'number' &&
    typeof value['variables'] === 'string' &&
    typeof value['customHeaders'] === 'string'
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
