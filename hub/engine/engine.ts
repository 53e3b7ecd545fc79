/** Plain JSON. Amounts are decimal strings: an engine may read a number as a double (law 1 of ARCHITECTURE.md). */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
/** What an instance carries from step to step, by name. */
export type Variables = { readonly [name: string]: Json }

/** One piece of work for one service task. Keys are decimal strings. */
export type Job = {
  readonly key: string
  readonly type: string
  readonly processInstanceKey: string
  readonly bpmnProcessId: string
  readonly elementId: string
  /** Tries left, this one included. */
  readonly retries: number
  readonly variables: Variables
  readonly customHeaders: Readonly<Record<string, string>>
}

/**
 * What a handler wants done with its job. `fail` with retries 0 opens an incident at once; otherwise the job is offered
 * again after `backoffMs`. `error` throws a BPMN error, to be caught by a boundary event on the diagram.
 */
export type JobVerdict =
  | { readonly kind: 'complete'; readonly variables: Variables }
  | {
      readonly kind: 'error'
      readonly code: string
      readonly message: string
      readonly variables: Variables
    }
  | {
      readonly kind: 'fail'
      readonly message: string
      readonly retries: number
      readonly backoffMs: number
    }

/** Serves one job. It must be idempotent: a job may be offered again after a crash or a timeout. It should not throw (if it does: fail, one retry less). */
export type JobHandler = (job: Job) => Promise<JobVerdict>

/** A fact that a waiting instance, or a start event, is told. */
export type Message = {
  readonly name: string
  readonly correlationKey: string
  /** Publishing the same name, key and id again while the first is buffered does nothing. */
  readonly messageId: string
  readonly variables: Variables
  /** How long it waits for a subscription that is not there yet; 0 = not at all. */
  readonly ttlMs: number
}

/** A version of a process that instances can be made of. */
export type Deployment = {
  readonly bpmnProcessId: string
  readonly version: number
  readonly processDefinitionKey: string
}

/** A token that stands still until a person resolves it. Keys are decimal strings. */
export type Incident = {
  readonly key: string
  readonly type: string
  readonly message: string
  readonly processInstanceKey: string
  readonly bpmnProcessId: string
  readonly elementId: string
  readonly jobKey?: string
}

/** Somebody who serves a job type. `close` takes no new job and waits for those at work. */
export type Worker = { close(): Promise<void> }

/**
 * Runs BPMN with Zeebe 8.3+ semantics. What a method promises is durable when its promise resolves. Keys are decimal strings.
 * Every implementation passes `test/contract/engine.ts`.
 */
export interface WorkflowEngine {
  /** The same file again keeps its version; a changed one gets the next. Throws a sentence for a file that is not valid BPMN. */
  deploy(
    files: readonly { readonly name: string; readonly xml: string }[],
  ): Promise<readonly Deployment[]>
  /** Correlates with waiting instances and message start events, or buffers for `ttlMs`; a known messageId is success. */
  publish(message: Message): Promise<void>
  /** Not idempotent: for tests and tools. Transfers start by `publish`. */
  createInstance(
    bpmnProcessId: string,
    variables: Variables,
  ): Promise<{ readonly processInstanceKey: string }>
  /** Offers jobs of a type to the handler, at most `maxActive` at once; a job not answered within `timeoutMs` is offered again. */
  work(
    type: string,
    handler: JobHandler,
    options: { readonly maxActive: number; readonly timeoutMs: number },
  ): Worker
  cancel(processInstanceKey: string): Promise<void>
  /** For incidents without retries left, gives the job `retries` first. */
  resolveIncident(incidentKey: string, retries: number): Promise<void>
  close(): Promise<void>
}
