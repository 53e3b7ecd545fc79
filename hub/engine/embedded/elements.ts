import type { Element, Flow } from '../bpmn/process-model.ts'
import type { Behaviour, Core, Token } from './state.ts'
import { elementAt, touch } from './state.ts'
import {
  activate,
  activateEvent,
  complete,
  enter,
  markActive,
  terminateChildren,
} from './lifecycle.ts'
import { throwError } from './triggers.ts'
import { IncidentRaised, evaluate, evaluateAs, scopeOf, setLocals } from './variables.ts'
import { openBoundaries, openJob, openWaits } from './waits.ts'

const passThrough: Behaviour = {
  enter: (core, token) => {
    markActive(core, token)
    complete(core, token)
  },
}

const jobTask: Behaviour = {
  enter: (core, token) => {
    openBoundaries(core, token)
    openJob(core, token)
    markActive(core, token)
  },
}

const scope: Behaviour = {
  enter: (core, token) => {
    markActive(core, token)
    core.later(() => {
      if (token.state !== 'active') return
      enter(core, activate(core, token, { element: elementAt(token, token.element.start) }))
    })
  },
}

const startEvent: Behaviour = {
  enter: (core, token) => {
    markActive(core, token)
    if (token.given !== undefined) setLocals(core, token, token.given)
    core.later(() => {
      complete(core, token)
    })
  },
  // Zeebe opens what may interrupt a scope only here.
  finish: (core, token) => {
    if (token.parent === undefined) return
    const starts = token.parent.element.eventStarts.map((index) => elementAt(token, index))
    openBoundaries(core, token.parent, starts)
  },
}

const catchEvent: Behaviour = {
  enter: (core, token) => {
    if (token.element.event.kind === 'link') {
      passThrough.enter(core, token)
      return
    }
    openBoundaries(core, token, [token.element])
    markActive(core, token)
  },
}

const eventBasedGateway: Behaviour = {
  enter: (core, token) => {
    openWaits(
      core,
      token,
      token.element.outgoing.map((flow) => elementAt(token, flow.target)),
    )
    markActive(core, token)
  },
  leave: (core, token) => {
    if (token.parent !== undefined && token.trigger !== undefined) {
      activateEvent(core, token.parent, token.trigger)
    }
  },
}

const exclusiveGateway: Behaviour = {
  enter: (core, token) => {
    const flow = chooseFlow(core, token)
    markActive(core, token)
    complete(core, token, flow === undefined ? [] : [flow])
  },
}

const inclusiveGateway: Behaviour = {
  enter: (core, token) => {
    const flows = chooseFlows(core, token)
    markActive(core, token)
    complete(core, token, flows)
  },
}

const endEvent: Behaviour = {
  enter: (core, token) => {
    const { event, job } = token.element
    if (job !== undefined) jobTask.enter(core, token)
    else if (event.kind === 'error') {
      const code = event.code && evaluateAs(event.code, scopeOf(core, token), 'STRING')
      const error = { code: code ?? '', message: '', variables: {} }
      if (throwError(core, token, error)) markActive(core, token)
    } else passThrough.enter(core, token)
  },
  leave: (core, token) => {
    if (token.element.event.kind !== 'terminate' || token.parent === undefined) return
    terminateChildren(core, token.parent)
  },
}

const throwEvent: Behaviour = {
  enter: (core, token) => {
    if (token.element.job !== undefined) jobTask.enter(core, token)
    else passThrough.enter(core, token)
  },
  leave: (core, token) => {
    const { event } = token.element
    if (event.kind !== 'link' || token.parent === undefined) return
    enter(core, activate(core, token.parent, { element: linkTarget(token, event.name) }))
  },
}

const scriptTask: Behaviour = {
  enter: (core, token) => {
    const { job, script } = token.element
    if (job !== undefined) {
      jobTask.enter(core, token)
      return
    }
    openBoundaries(core, token)
    if (script !== undefined) {
      token.result = { [script.resultVariable]: evaluate(script.expression, scopeOf(core, token)) }
      touch(core, token)
    }
    passThrough.enter(core, token)
  },
}

/** What is particular to each element, by Zeebe's name for its type; call activities and loops have their own file. */
export const elementBehaviours: { readonly [kind: string]: Behaviour } = {
  PROCESS: scope,
  SUB_PROCESS: scope,
  EVENT_SUB_PROCESS: scope,
  START_EVENT: startEvent,
  END_EVENT: endEvent,
  INTERMEDIATE_CATCH_EVENT: catchEvent,
  INTERMEDIATE_THROW_EVENT: throwEvent,
  BOUNDARY_EVENT: passThrough,
  SERVICE_TASK: jobTask,
  SEND_TASK: jobTask,
  BUSINESS_RULE_TASK: jobTask,
  USER_TASK: jobTask,
  SCRIPT_TASK: scriptTask,
  RECEIVE_TASK: catchEvent,
  TASK: passThrough,
  MANUAL_TASK: passThrough,
  EXCLUSIVE_GATEWAY: exclusiveGateway,
  INCLUSIVE_GATEWAY: inclusiveGateway,
  PARALLEL_GATEWAY: passThrough,
  EVENT_BASED_GATEWAY: eventBasedGateway,
}

/** The first true flow in Zeebe's order, the default if none is, an incident without one. */
function chooseFlow(core: Core, token: Token): Flow | undefined {
  const { outgoing, defaultFlow } = token.element
  const [only] = outgoing
  if (outgoing.length === 1 && only?.condition === undefined) return only
  const chosen = outgoing.find((flow) => flow !== defaultFlow && isTrue(core, token, flow))
  if (chosen !== undefined || outgoing.length === 0) return chosen
  return defaultFlow ?? raiseNoMatch()
}

function chooseFlows(core: Core, token: Token): readonly Flow[] {
  const { outgoing, defaultFlow } = token.element
  if (outgoing.length <= 1) return outgoing
  const chosen = outgoing.filter((flow) => flow !== defaultFlow && isTrue(core, token, flow))
  return chosen.length > 0 ? chosen : [defaultFlow ?? raiseNoMatch()]
}

function isTrue(core: Core, token: Token, flow: Flow): boolean {
  if (flow.condition === undefined) return true
  return evaluateAs(flow.condition, scopeOf(core, token), 'BOOLEAN')
}

function raiseNoMatch(): never {
  throw new IncidentRaised(
    'CONDITION_ERROR',
    'Expected at least one condition to evaluate to true, or to have a default flow',
  )
}

function linkTarget(token: Token, name: string): Element {
  const target = token.instance.definition.process.elements.find(
    ({ kind, scope: at, event }) =>
      kind === 'INTERMEDIATE_CATCH_EVENT' &&
      at === token.element.scope &&
      event.kind === 'link' &&
      event.name === name,
  )
  if (target === undefined) throw new Error(`no link '${name}'`)
  return target
}
