import type { EventDefinition, Element } from '../bpmn/process-model.ts'
import { addDuration, planTimer } from '../bpmn/timer-plan.ts'
import type { Core, JobState, MessageWait, TimerWait, Token } from './state.ts'
import { elementAt, isInner, touch } from './state.ts'
import {
  IncidentRaised,
  evaluate,
  evaluateAs,
  evaluateTimer,
  scopeOf,
  wrongKey,
} from './variables.ts'

/**
 * Opens what these events wait for, messages before timers as Zeebe does. All expressions are evaluated before anything is
 * opened, so that an incident leaves nothing behind.
 */
export function openWaits(core: Core, token: Token, events: readonly Element[]): void {
  const plans = events.map((event) => planWait(core, token, event))
  const isMessage = (plan: WaitPlan): boolean => plan?.kind === 'message'
  for (const plan of [...plans.filter(isMessage), ...plans.filter((plan) => !isMessage(plan))]) {
    if (plan?.kind === 'message') openMessage(core, plan)
    else if (plan !== undefined) openTimer(core, plan)
  }
}

/** Opens the boundary events of an activity. */
export function openBoundaries(core: Core, token: Token, others: readonly Element[] = []): void {
  // Those of a multi-instance activity belong to the body around its instances.
  const indexes = isInner(token) ? [] : token.element.boundaries
  const boundaries = indexes.map((index) => elementAt(token, index))
  if (boundaries.length + others.length > 0) openWaits(core, token, [...others, ...boundaries])
}

type WaitPlan = TimerWait | MessageWait | undefined

function planWait(core: Core, token: Token, event: Element): WaitPlan {
  const { event: definition } = event
  if (definition.kind === 'timer') return planTimerWait(core, token, { event, definition })
  if (definition.kind === 'message') return planMessageWait(core, token, { event, definition })
  return undefined
}

type Planned<K> = {
  readonly event: Element
  readonly definition: Extract<EventDefinition, { kind: K }>
}

function planTimerWait(core: Core, token: Token, planned: Planned<'timer'>): TimerWait {
  const { event, definition } = planned
  const scope = scopeOf(core, token)
  const value = evaluateTimer(definition, scope)
  try {
    const plan = planTimer(definition.timer, value, core.nowMs())
    return { kind: 'timer', key: 0, token, event, ...plan, alarm: undefined }
  } catch {
    throw new IncidentRaised(
      'EXTRACT_VALUE_ERROR',
      `Invalid ${definition.timer} format '${value}' for expression '${definition.value.source}'.`,
    )
  }
}

function planMessageWait(core: Core, token: Token, planned: Planned<'message'>): MessageWait {
  const { event, definition } = planned
  const scope = scopeOf(core, token)
  const name = evaluateAs(definition.name, scope, 'STRING')
  const { correlationKey } = definition
  if (correlationKey === undefined) throw new Error(`'${event.id}' has no correlation key`)
  const key = evaluate(correlationKey, scope)
  if (typeof key !== 'string' && typeof key !== 'number') {
    throw wrongKey(correlationKey, scope, key)
  }
  return {
    kind: 'message',
    key: 0,
    token,
    event,
    name,
    correlationKey: typeof key === 'string' ? key : String(Math.trunc(key)),
    isOpen: true,
    isCorrelating: false,
  }
}

function openMessage(core: Core, plan: MessageWait): void {
  const wait = { ...plan, key: core.nextKey() }
  wait.token.waits = [...wait.token.waits, wait]
  touch(core, wait.token)
  recordMessageWait(core, wait, 'proc-msg-sub CREATING')
  core.hooks.openMessageWait(wait)
}

/** Opens a timer, or its next repetition. */
export function openTimer(core: Core, plan: Omit<TimerWait, 'key' | 'alarm'>): void {
  const wait: TimerWait = { ...plan, key: core.nextKey(), alarm: undefined }
  wait.token.waits = [...wait.token.waits, wait]
  touch(core, wait.token)
  armTimer(core, wait)
  if (core.record === undefined) return
  core.record({
    type: 'timer',
    intent: 'CREATED',
    of: wait.event.id,
    at: wait.token.key,
    dueAt: wait.dueAt,
    detail: String(wait.repetitions),
  })
}

/** Lets the schedule ring when the timer is due. */
export function armTimer(core: Core, wait: TimerWait): void {
  wait.alarm = core.schedule.add(wait.dueAt, () => {
    core.submit(() => {
      if (wait.token.waits.includes(wait)) core.hooks.fireTimer(wait)
    })
  })
}

/** When a cycle's timer is due again, or undefined if it has fired for the last time. */
export function nextRepetition(
  core: Core,
  timer: {
    readonly dueAt: number
    readonly repetitions: number
    readonly interval?: string | undefined
  },
): { dueAt: number; repetitions: number } | undefined {
  const { dueAt, repetitions, interval } = timer
  if (interval === undefined || repetitions === 1) return undefined
  const next = addDuration(dueAt, interval)
  return {
    dueAt: next > core.nowMs() ? next : addDuration(core.nowMs(), interval),
    repetitions: repetitions < 0 ? repetitions : repetitions - 1,
  }
}

/** Ends everything that an element waits for, or only some of its events, timers first as Zeebe does. */
export function closeWaits(
  core: Core,
  token: Token,
  isClosing: (event: Element) => boolean = () => true,
): void {
  if (token.waits.length === 0) return
  const waits = token.waits.filter(({ event }) => isClosing(event))
  token.waits = token.waits.filter((wait) => !waits.includes(wait))
  touch(core, token)
  for (const wait of waits) {
    if (wait.kind !== 'timer') continue
    if (wait.alarm !== undefined) core.schedule.cancel(wait.alarm)
    core.record?.({ type: 'timer', intent: 'CANCELED', of: wait.event.id, at: token.key })
  }
  for (const wait of waits) {
    if (wait.kind !== 'message') continue
    recordMessageWait(core, wait, 'proc-msg-sub DELETING')
    core.hooks.closeMessageWait(wait)
  }
}

/** A line for the trace; `what` is the kind of subscription and what became of it. */
export function recordMessageWait(core: Core, wait: MessageWait, what: string): void {
  if (core.record === undefined) return
  const [type = '', intent = ''] = what.split(' ')
  core.record({ type, intent, of: wait.name, at: wait.token.key, detail: wait.correlationKey })
}

/** Creates the job of a task; its type and retries may be expressions. */
export function openJob(core: Core, token: Token): void {
  const definition = token.element.job
  if (definition === undefined) throw new Error(`'${token.element.id}' has no job`)
  const scope = scopeOf(core, token)
  const type = evaluateAs(definition.type, scope, 'STRING')
  const retries = Number(evaluate(definition.retries, scope))
  if (!Number.isInteger(retries)) {
    throw new IncidentRaised('EXTRACT_VALUE_ERROR', 'The number of retries must be an integer')
  }
  const job: JobState = {
    key: core.nextKey(),
    type,
    token,
    state: 'offered',
    retries,
    dueAt: 0,
    alarm: undefined,
    errorCode: undefined,
  }
  token.job = job
  core.jobs.set(job.key, job)
  recordJob(core, job, 'CREATED')
  offerJob(core, job)
}

/** Puts a job where workers take it. */
export function offerJob(core: Core, job: JobState): void {
  if (job.alarm !== undefined) core.schedule.cancel(job.alarm)
  job.alarm = undefined
  job.state = 'offered'
  const queue = core.offered.get(job.type)
  if (queue === undefined) core.offered.set(job.type, [job])
  else queue.push(job)
  touch(core, job.token)
}

/** Ends a job, whatever became of it. */
export function endJob(core: Core, job: JobState, intent: string): void {
  if (job.alarm !== undefined) core.schedule.cancel(job.alarm)
  job.state = 'ended'
  job.token.job = undefined
  core.jobs.delete(job.key)
  touch(core, job.token)
  recordJob(core, job, intent)
}

/** A line for the trace. */
export function recordJob(core: Core, job: JobState, intent: string): void {
  if (core.record === undefined) return
  const error = job.errorCode === undefined ? '' : ` error=${job.errorCode}`
  const backoffMs = intent === 'FAILED' && job.state === 'later' ? job.dueAt - core.nowMs() : 0
  const backoff = backoffMs > 0 ? ` backoff=${String(backoffMs)}` : ''
  const detail = `retries=${String(job.retries)}${error}${backoff}`
  core.record({ type: 'job', intent, of: job.type, at: job.token.key, detail })
}
