import type { Element } from '../bpmn/process-model.ts'
import type { Variables } from '../engine.ts'
import {
  activate,
  activateEvent,
  checkScope,
  complete,
  enter,
  markActive,
  raiseIncident,
  recordElement,
  startEventSubProcess,
  terminate,
} from './lifecycle.ts'
import type { BufferedMessage, Core, Definition, Instance, TimerWait, Token } from './state.ts'
import { createToken, elementAt, pairKey, touch } from './state.ts'
import { setLocals } from './variables.ts'
import { closeWaits, nextRepetition, openTimer } from './waits.ts'

/** Lets an event happen to the element that waited for it. Nothing if that element is already on its way out. */
export function trigger(
  core: Core,
  token: Token,
  at: { readonly event: Element; readonly variables: Variables },
): void {
  const { event } = at
  if (!canBeTriggered(token)) return
  if (event.kind === 'BOUNDARY_EVENT') triggerBoundary(core, token, at)
  else if (event.kind === 'START_EVENT') triggerEventSubProcess(core, token, at)
  else {
    if (event === token.element) token.result = at.variables
    else token.trigger = at
    touch(core, token)
    core.later(() => {
      // The flows of an event-based gateway are not taken: its event follows directly.
      complete(core, token, event === token.element ? undefined : [])
    })
  }
}

/** True while an event can still happen to an element: it is active and nothing has interrupted it. */
export function canBeTriggered(token: Token): boolean {
  return token.state === 'active' && token.trigger === undefined
}

function triggerBoundary(core: Core, token: Token, at: Token['trigger'] & object): void {
  if (at.event.isInterrupting) {
    token.trigger = at
    core.later(() => {
      terminate(core, token)
    })
  } else if (token.parent !== undefined) activateEvent(core, token.parent, at)
}

function triggerEventSubProcess(core: Core, scope: Token, at: Token['trigger'] & object): void {
  if (!at.event.isInterrupting) {
    scope.pendingFlows++
    core.later(() => {
      scope.pendingFlows--
      if (scope.state === 'active') startEventSubProcess(core, scope, at)
    })
    return
  }
  scope.trigger = at
  scope.taken = undefined
  // What may interrupt the scope from outside stays.
  closeWaits(core, scope, (event) => event.kind === 'START_EVENT')
  for (const child of scope.children) {
    core.later(() => {
      terminate(core, child)
    })
  }
  checkScope(core, scope)
}

/** A timer is due: it fires, and is set again if it is a cycle. */
export function fireTimer(core: Core, wait: TimerWait): void {
  const { token, event } = wait
  token.waits = token.waits.filter((other) => other !== wait)
  touch(core, token)
  core.record?.({ type: 'timer', intent: 'TRIGGERED', of: event.id, at: token.key })
  trigger(core, token, { event, variables: {} })
  const next = nextRepetition(core, wait)
  if (next !== undefined && canBeTriggered(token)) openTimer(core, { ...wait, ...next })
}

/** A BPMN error: what a handler or an end event throws. */
export type BpmnError = {
  readonly code: string
  readonly message: string
  readonly variables: Variables
}

/** Hands an error to the nearest event that catches it, from the element outwards; false (and an incident) if none does. */
export function throwError(core: Core, token: Token, error: BpmnError): boolean {
  const available: string[] = []
  let from: Token | undefined
  let scope: Token | undefined = token
  while (scope !== undefined) {
    const event = findCatcher({ scope, from }, error.code, available)
    if (event !== undefined && canBeTriggered(scope)) {
      trigger(core, scope, { event, variables: error.variables })
      return true
    }
    from = scope
    scope = scope.parent ?? scope.instance.caller
  }
  raiseIncident(core, token, {
    type: 'UNHANDLED_ERROR_EVENT',
    message: describeUncaught(error, available),
    step: token.job === undefined ? 'enter' : 'job',
  })
  return false
}

/**
 * Event sub-processes in a scope come before its boundary events; a catcher of this code before one of all. An event
 * sub-process does not catch what was thrown in itself.
 */
function findCatcher(
  { scope, from }: { readonly scope: Token; readonly from: Token | undefined },
  code: string,
  available: string[],
): Element | undefined {
  const isAround = scope.element.loop === undefined || scope.isBody
  const starts = from === undefined ? [] : scope.element.eventStarts
  const candidates = [
    ...starts
      .map((index) => elementAt(scope, index))
      .filter((start) => start.scope !== from?.element.index),
    ...(isAround ? scope.element.boundaries : []).map((index) => elementAt(scope, index)),
  ]
  const catchers = candidates.flatMap((event) => {
    if (event.event.kind !== 'error') return []
    const caught = event.event.code?.source ?? ''
    if (caught !== '') available.push(caught)
    return [{ event, caught }]
  })
  const specific = catchers.find(({ caught }) => caught === code)
  return (specific ?? catchers.find(({ caught }) => caught === ''))?.event
}

function describeUncaught({ code, message }: BpmnError, available: readonly string[]): string {
  const about = message === '' ? '' : ` with message '${message}'`
  const rest =
    available.length === 0
      ? 'No error events are available in the scope.'
      : `Available error events are [${available.join(', ')}]`
  return `Expected to throw an error event with the code '${code}'${about}, but it was not caught. ${rest}`
}

/** A start event that a message has reached. */
export type Start = { readonly definition: Definition; readonly element: Element }

/** The start events that a message reaches: of the latest versions, one instance per process and key at a time. */
export function takeStarts(core: Core, message: BufferedMessage): readonly Start[] {
  const starts: Start[] = []
  for (const definition of core.startsByMessage.get(message.name) ?? []) {
    const start = definition.process.messageStarts.find(({ name }) => name === message.name)
    const element = start && definition.process.elements[start.element]
    if (element === undefined || !mayStart(core, definition, message)) continue
    message.correlatedTo.add(definition.bpmnProcessId)
    starts.push({ definition, element })
    core.record?.({
      type: 'msg-start-sub',
      intent: 'CORRELATED',
      of: message.name,
      detail: `${definition.bpmnProcessId}/${element.id}${message.correlationKey && ` key=${message.correlationKey}`}`,
    })
  }
  return starts
}

function mayStart(core: Core, definition: Definition, message: BufferedMessage): boolean {
  if (message.correlatedTo.has(definition.bpmnProcessId)) return false
  if (message.correlationKey === '') return true
  return !core.startKeys.has(pairKey(definition.bpmnProcessId, message.correlationKey))
}

/** Starts the instance that `takeStarts` has made room for. */
export function startByMessage(core: Core, message: BufferedMessage, start: Start): void {
  const startKey = message.correlationKey === '' ? undefined : message.correlationKey
  startInstance(core, start.definition, {
    element: start.element,
    given: message.variables,
    startKey,
  })
}

/** How an instance begins: at which start event, with what variables, for whom. */
export type Beginning = {
  readonly element: Element
  readonly given?: Variables
  readonly variables?: Variables
  readonly startKey?: string | undefined
  readonly caller?: Token
}

/** Starts an instance of a process. */
export function startInstance(core: Core, definition: Definition, begin: Beginning): Instance {
  const instance: Instance = {
    key: core.nextKey(),
    definition,
    root: undefined,
    caller: begin.caller,
    startKey: begin.startKey,
    isEnded: false,
  }
  const process = definition.process.elements[0]
  if (process === undefined) throw new Error('a process has an element 0')
  core.instances.set(instance.key, instance)
  if (begin.startKey !== undefined) {
    core.startKeys.set(pairKey(definition.bpmnProcessId, begin.startKey), instance.key)
  }
  const at = { element: process, instance, parent: undefined }
  const root = createToken(core, at, { key: instance.key })
  instance.root = root
  if (begin.variables !== undefined) setLocals(core, root, begin.variables)
  core.later(() => {
    if (root.state === 'activating') beginInstance(core, root, begin)
  })
  return instance
}

function beginInstance(core: Core, root: Token, { element, given }: Beginning): void {
  recordElement(core, root, 'ELEMENT_ACTIVATING')
  markActive(core, root)
  core.later(() => {
    if (root.state === 'active') enter(core, activate(core, root, { element, given }))
  })
}
