import type { Element, Flow } from '../bpmn/process-model.ts'
import type { Variables } from '../engine.ts'
import type { Behaviour, Core, IncidentState, Token } from './state.ts'
import { createToken, elementAt, isInner, removeChild, touch } from './state.ts'
import {
  IncidentRaised,
  applyInputs,
  evaluateMappings,
  mergeVariables,
  scopeOf,
  setLocals,
} from './variables.ts'
import { closeWaits, endJob } from './waits.ts'

/** Starts an element in its scope; `given` are the variables of the event that started it. */
export function activate(
  core: Core,
  scope: Token,
  start: { readonly element: Element } & Partial<Pick<Token, 'given' | 'loopCounter' | 'result'>>,
): Token {
  const { element, given, loopCounter, result } = start
  const isBody = element.loop !== undefined && loopCounter === undefined
  const at = { element, instance: scope.instance, parent: scope }
  const token = createToken(core, at, { isBody, given, result, loopCounter: loopCounter ?? 0 })
  recordElement(core, token, 'ELEMENT_ACTIVATING')
  return token
}

/** Does what an element does when it begins. Done again when an incident in it is resolved. */
export function enter(core: Core, token: Token): void {
  attempt(core, { token, step: 'enter' }, () => {
    if (!token.isBody) applyInputs(core, token)
    behaviourOf(core, token).enter(core, token)
  })
}

/** The element has begun. */
export function markActive(core: Core, token: Token): void {
  token.state = 'active'
  recordElement(core, token, 'ELEMENT_ACTIVATED')
}

/** Begins an event whose trigger has already happened, and completes it in a later step. */
export function activateEvent(core: Core, scope: Token, at: Token['trigger'] & object): void {
  const token = activate(core, scope, { element: at.event, given: at.variables })
  markActive(core, token)
  setLocals(core, token, at.variables)
  core.later(() => {
    complete(core, token)
  })
}

/** Completes an active element and takes its outgoing flows, or only those given. */
export function complete(core: Core, token: Token, flows?: readonly Flow[]): void {
  if (token.state !== 'active' || token.trigger?.event.kind === 'BOUNDARY_EVENT') return
  token.state = 'completing'
  recordElement(core, token, 'ELEMENT_COMPLETING')
  finish(core, token, flows)
}

/** The second half of completing. Done again when an incident in it is resolved. */
export function finish(core: Core, token: Token, flows = token.element.outgoing): void {
  attempt(core, { token, step: 'finish' }, () => {
    const behaviour = behaviourOf(core, token)
    applyOutputs(core, token)
    behaviour.finish?.(core, token)
    if (isInner(token)) core.hooks.behaviours['INNER_INSTANCE']?.finish?.(core, token)
    closeWaits(core, token)
    recordElement(core, token, 'ELEMENT_COMPLETED')
    leave(core, token, flows)
  })
}

function leave(core: Core, token: Token, flows: readonly Flow[]): void {
  const scope = remove(core, token)
  if (scope === undefined) {
    core.hooks.instanceEnded(token.instance)
    return
  }
  if (isInner(token)) {
    core.hooks.innerEnded(scope)
    return
  }
  for (const flow of flows) takeFlow(core, scope, flow)
  behaviourOf(core, token).leave?.(core, token)
  checkScope(core, scope)
}

function remove(core: Core, token: Token): Token | undefined {
  if (token.parent !== undefined) removeChild(token.parent, token)
  touch(core, token)
  return token.parent
}

/** Output mappings, or what a job, message or event brought, go to the scopes above. */
function applyOutputs(core: Core, token: Token): void {
  const { element, parent, result, given } = token
  if (parent === undefined || token.isBody) return
  const target = isInner(token) ? token : parent
  if (element.outputs !== undefined) applyOutputMappings(core, token, target)
  else if (element.call !== undefined) {
    mergeVariables(core, token, element.call.passesAllChildVariables ? { ...result } : {})
  } else if (result !== undefined) mergeVariables(core, token, result)
  else if (!keepsGiven(element)) mergeVariables(core, parent, { ...given })
}

function applyOutputMappings(core: Core, token: Token, target: Token): void {
  const { outputs } = token.element
  if (outputs === undefined) return
  if (token.result !== undefined) setLocals(core, token, token.result)
  const existing = scopeOf(core, token.parent ?? token).get
  mergeVariables(core, target, evaluateMappings(outputs, scopeOf(core, token), existing))
}

/** An error's variables stay with its boundary event. */
function keepsGiven(element: Element): boolean {
  return element.kind === 'BOUNDARY_EVENT' && element.event.kind === 'error'
}

/** Moves on over a flow. The target is activated in a later step, a parallel join once each of its flows was taken. */
function takeFlow(core: Core, scope: Token, flow: Flow): void {
  core.record?.({ type: 'flow', intent: 'TAKEN', of: flow.id })
  const target = elementAt(scope, flow.target)
  const isJoin = target.kind === 'PARALLEL_GATEWAY' && target.incoming.length > 1
  if (isJoin) {
    scope.taken ??= new Map()
    scope.taken.set(flow.index, (scope.taken.get(flow.index) ?? 0) + 1)
    touch(core, scope)
  } else scope.pendingFlows++
  core.later(() => {
    if (!isJoin) scope.pendingFlows--
    if (scope.state !== 'active' || scope.trigger !== undefined) return
    if (isJoin && !takeJoin(core, scope, target)) return
    enter(core, activate(core, scope, { element: target }))
  })
}

function takeJoin(core: Core, scope: Token, join: Element): boolean {
  const { taken } = scope
  if (taken === undefined || !join.incoming.every((flow) => taken.has(flow))) {
    const of = `Expected to be able to activate parallel gateway '${join.id}', but not all sequence flows have been taken.`
    core.record?.({
      type: 'rejected',
      intent: 'PROCESS_INSTANCE ACTIVATE_ELEMENT INVALID_STATE',
      of,
    })
    return false
  }
  for (const flow of join.incoming) {
    const left = (taken.get(flow) ?? 1) - 1
    if (left === 0) taken.delete(flow)
    else taken.set(flow, left)
  }
  if (taken.size === 0) scope.taken = undefined
  return true
}

/** Goes on with a scope in which nothing is left to do. */
export function checkScope(core: Core, scope: Token): void {
  if (scope.children.size > 0) return
  if (scope.state === 'terminating') {
    finishTermination(core, scope)
    return
  }
  if (scope.trigger !== undefined && scope.trigger.event.kind === 'START_EVENT') {
    const { trigger } = scope
    core.later(() => {
      if (scope.trigger !== trigger) return
      scope.trigger = undefined
      startEventSubProcess(core, scope, trigger)
    })
    return
  }
  if (scope.isBody) {
    core.hooks.innerEnded(scope)
    return
  }
  if (scope.pendingFlows > 0 || scope.taken !== undefined || scope.state !== 'active') return
  core.later(() => {
    complete(core, scope)
  })
}

/** Starts an event sub-process by its start event. */
export function startEventSubProcess(
  core: Core,
  scope: Token,
  at: { readonly event: Element; readonly variables: Variables },
): void {
  const subProcess = activate(core, scope, { element: elementAt(scope, at.event.scope) })
  markActive(core, subProcess)
  core.later(() => {
    if (subProcess.state !== 'active') return
    enter(core, activate(core, subProcess, { element: at.event, result: at.variables }))
  })
}

/** Ends an element and all in it; what should follow is in its `trigger`. */
export function terminate(core: Core, token: Token): void {
  if (token.state === 'terminating' || token.parent?.children.has(token) === false) return
  token.state = 'terminating'
  touch(core, token)
  recordElement(core, token, 'ELEMENT_TERMINATING')
  if (token.job !== undefined) endJob(core, token.job, 'CANCELED')
  closeWaits(core, token)
  closeIncident(core, token)
  token.taken = undefined
  const called = token.called?.root
  if (called !== undefined) terminate(core, called)
  else if (token.children.size > 0) terminateChildren(core, token)
  else finishTermination(core, token)
}

/** Ends all that is in a scope, in later steps. */
export function terminateChildren(core: Core, scope: Token): void {
  scope.taken = undefined
  eachLater(core, [...scope.children], (child) => {
    terminate(core, child)
  })
}

/** One after the other, each in a step of its own that also asks for the next, as Zeebe's batches do. */
export function eachLater<T>(core: Core, items: readonly T[], act: (item: T) => void): void {
  const next = (at: number): void => {
    core.later(() => {
      const item = items[at]
      if (item === undefined) return
      core.later(() => {
        act(item)
      })
      if (at + 1 < items.length) next(at + 1)
    })
  }
  next(0)
}

/** The last step of ending an element. */
export function finishTermination(core: Core, token: Token): void {
  recordElement(core, token, 'ELEMENT_TERMINATED')
  const scope = remove(core, token)
  if (scope === undefined) {
    core.hooks.instanceEnded(token.instance)
    return
  }
  const { trigger } = token
  const goesOn = scope.state === 'active' && scope.trigger === undefined
  if (trigger !== undefined && goesOn) activateEvent(core, scope, trigger)
  else checkScope(core, scope)
}

/** Opens an incident: the element stays as it is until a person resolves it. */
export function raiseIncident(core: Core, token: Token, about: Omit<IncidentState, 'key'>): void {
  token.incident = { ...about, key: core.nextKey() }
  core.incidents.set(token.incident.key, token)
  touch(core, token)
  const { type, message } = about
  core.record?.({ type: 'incident', intent: 'CREATED', of: type, at: token.key, detail: message })
}

/** Closes the incident of an element, if there is one, and returns it. */
export function closeIncident(core: Core, token: Token): IncidentState | undefined {
  const { incident } = token
  if (incident === undefined) return undefined
  token.incident = undefined
  core.incidents.delete(incident.key)
  touch(core, token)
  core.record?.({ type: 'incident', intent: 'RESOLVED', of: incident.type, at: token.key })
  return incident
}

function attempt(
  core: Core,
  { token, step }: { readonly token: Token; readonly step: 'enter' | 'finish' },
  work: () => void,
): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof IncidentRaised)) throw error
    raiseIncident(core, token, { type: error.type, message: error.message, step })
  }
}

function behaviourOf(core: Core, token: Token): Behaviour {
  const kind = token.isBody ? 'MULTI_INSTANCE_BODY' : token.element.kind
  const behaviour = core.hooks.behaviours[kind]
  if (behaviour === undefined) throw new Error(`no behaviour for ${kind}`)
  return behaviour
}

/** A line for the trace. */
export function recordElement(core: Core, token: Token, intent: string): void {
  if (core.record === undefined) return
  const detail = token.isBody ? 'MULTI_INSTANCE_BODY' : token.element.kind
  core.record({ type: 'element', intent, of: token.element.id, at: token.key, detail })
}
