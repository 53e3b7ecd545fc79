import type { Json } from '../engine.ts'
import { activate, complete, eachLater, enter, markActive, terminateChildren } from './lifecycle.ts'
import { startInstance } from './triggers.ts'
import type { Behaviour, Core, Instance, MutableVariables, Token } from './state.ts'
import { touch } from './state.ts'
import {
  IncidentRaised,
  evaluate,
  evaluateAs,
  scopeOf,
  setLocals,
  visibleVariables,
} from './variables.ts'
import { openBoundaries } from './waits.ts'

/** The body of a multi-instance activity: starts one inner instance per item, at once or one after the other. */
export const multiInstanceBody: Behaviour = {
  enter: (core, token) => {
    const { loop } = token.element
    if (loop === undefined) throw new Error(`'${token.element.id}' has no loop`)
    const items = evaluateAs(loop.inputCollection, scopeOf(core, token), 'ARRAY')
    openBoundaries(core, token)
    token.loop = { items, started: 0, completed: 0 }
    markActive(core, token)
    if (loop.outputCollection !== undefined) {
      setLocals(core, token, { [loop.outputCollection]: items.map(() => null) })
    }
    if (items.length === 0) {
      core.later(() => {
        complete(core, token)
      })
    }
    startInner(core, token, loop.isSequential ? 1 : items.length)
  },
  finish: (core, token) => {
    const name = token.element.loop?.outputCollection
    const results = name === undefined ? undefined : token.variables?.[name]
    if (name === undefined || results === undefined || token.parent === undefined) return
    setLocalsUpward(core, token.parent, { [name]: results })
  },
}

function setLocalsUpward(core: Core, scope: Token, variables: MutableVariables): void {
  let target = scope
  const [name = ''] = Object.keys(variables)
  while (target.parent !== undefined && target.variables?.[name] === undefined)
    target = target.parent
  setLocals(core, target, variables)
}

/** What an inner instance leaves in the output collection when it completes. */
export const innerInstance: Behaviour = {
  enter: () => undefined,
  finish: (core, token) => {
    const { loop } = token.element
    const body = token.parent
    if (body === undefined || loop?.outputCollection === undefined || !loop.outputElement) return
    const value = evaluate(loop.outputElement, scopeOf(core, token))
    const before = body.variables?.[loop.outputCollection]
    const results: Json[] = isList(before) ? [...before] : []
    results[token.loopCounter - 1] = value
    setLocals(core, body, { [loop.outputCollection]: results })
  },
}

/** After an inner instance has gone: the next one, or the end of the body. */
export function innerEnded(core: Core, body: Token): void {
  const { loop: progress } = body
  if (body.state !== 'active' || body.trigger !== undefined || progress === undefined) return
  const activeCount = body.children.size + body.pendingFlows
  progress.completed = progress.started - activeCount
  touch(core, body)
  const isEnough = isConditionMet(core, body)
  if (isEnough && activeCount > 0) terminateChildren(core, body)
  else if (activeCount > 0) return
  else if (!isEnough && progress.started < progress.items.length) startInner(core, body, 1)
  else {
    core.later(() => {
      complete(core, body)
    })
  }
}

function isConditionMet(core: Core, body: Token): boolean {
  const condition = body.element.loop?.completionCondition
  const progress = body.loop
  if (condition === undefined || progress === undefined) return false
  const scope = scopeOf(core, body)
  const numbers: { readonly [name: string]: Json } = {
    numberOfInstances: progress.items.length,
    numberOfActiveInstances: body.children.size + body.pendingFlows,
    numberOfCompletedInstances: progress.completed,
    numberOfTerminatedInstances: 0,
  }
  const get = (name: string): Json | undefined => numbers[name] ?? scope.get(name)
  return evaluateAs(condition, { ...scope, get }, 'BOOLEAN')
}

function startInner(core: Core, body: Token, count: number): void {
  const { loop: progress } = body
  const { loop } = body.element
  if (progress === undefined || loop === undefined) return
  const counters = Array.from({ length: count }, (_, n) => progress.started + n + 1)
  progress.started += count
  body.pendingFlows += count
  eachLater(core, counters, (loopCounter) => {
    body.pendingFlows--
    if (body.state !== 'active' || body.trigger !== undefined) return
    const inner = activate(core, body, { element: body.element, loopCounter })
    const item = progress.items[loopCounter - 1] ?? null
    setLocals(core, inner, innerVariables(body, { item, loopCounter }))
    enter(core, inner)
  })
}

function innerVariables(
  body: Token,
  { item, loopCounter }: { readonly item: Json; readonly loopCounter: number },
): MutableVariables {
  const variables: MutableVariables = { loopCounter }
  const { loop } = body.element
  if (loop?.inputElement !== undefined) variables[loop.inputElement] = item
  const output = loop?.outputElement?.source.trim() ?? ''
  // A plain variable is made here, so that what the job gives it stays with this instance.
  if (/^[A-Za-z_]\w*$/.test(output)) variables[output] ??= null
  return variables
}

/** Calls the latest version of another process and waits for its end. */
export const callActivity: Behaviour = {
  enter: (core, token) => {
    const { call } = token.element
    if (call === undefined) throw new Error(`'${token.element.id}' calls nothing`)
    const processId = evaluateAs(call.processId, scopeOf(core, token), 'STRING')
    const definition = core.latest.get(processId)
    const element = definition?.process.elements[definition.process.elements[0]?.start ?? -1]
    if (definition === undefined || element === undefined) {
      throw new IncidentRaised(
        'CALLED_ELEMENT_ERROR',
        `Expected process with BPMN process id '${processId}' to be deployed, but not found.`,
      )
    }
    openBoundaries(core, token)
    markActive(core, token)
    const variables = call.passesAllParentVariables
      ? visibleVariables(token)
      : { ...token.variables }
    token.called = startInstance(core, definition, { element, variables, caller: token })
    touch(core, token)
  },
}

/** The called process has ended: its variables come back, or the call activity ends with it. */
export function calledEnded(core: Core, called: Instance): void {
  const { caller, root } = called
  if (caller === undefined || root === undefined) return
  caller.called = undefined
  touch(core, caller)
  if (caller.state === 'terminating') {
    core.hooks.terminated(caller)
    return
  }
  caller.result = { ...root.variables }
  core.later(() => {
    complete(core, caller)
  })
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
