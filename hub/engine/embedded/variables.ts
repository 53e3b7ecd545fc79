import { FeelFailure, copyJson } from '../bpmn/feel-functions.ts'
import type { Scope } from '../bpmn/feel-functions.ts'
import type { Expression } from '../bpmn/feel.ts'
import type { Mappings } from '../bpmn/process-model.ts'
import type { TimerKind } from '../bpmn/timer-plan.ts'
import type { Json, Variables } from '../engine.ts'
import type { Core, MutableVariables, Token } from './state.ts'
import { touch } from './state.ts'

/** A step that cannot be done until a person resolves it. The type is one of Zeebe's ErrorTypes. */
export class IncidentRaised extends Error {
  override readonly name = 'IncidentRaised'
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** The variables that an element sees: its own, then those of the scopes around it. */
export function scopeOf(core: Core, token: Token): Scope {
  return { get: (name) => lookUp(token, name), nowMs: core.nowMs }
}

function lookUp(token: Token | undefined, name: string): Json | undefined {
  for (let scope = token; scope !== undefined; scope = scope.parent) {
    if (scope.variables !== undefined && Object.hasOwn(scope.variables, name)) {
      return scope.variables[name]
    }
  }
  return undefined
}

/** All visible variables, nearest scope first, in each scope the short names first as Zeebe has them. */
export function visibleVariables(token: Token): Variables {
  const all: MutableVariables = {}
  for (let scope: Token | undefined = token; scope !== undefined; scope = scope.parent) {
    for (const [name, value] of Object.entries(scope.variables ?? {}).sort(byNameLength)) {
      if (!Object.hasOwn(all, name)) all[name] = value
    }
  }
  return all
}

function byNameLength([a]: [string, Json], [b]: [string, Json]): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

/** Variables from outside as plain JSON that nobody else holds. */
export function ownVariables(variables: Variables): Variables {
  const copy: MutableVariables = {}
  for (const [name, value] of Object.entries(variables)) {
    // The one name that would not become a variable but the object's ancestor.
    if (name !== '__proto__') copy[name] = copyJson(value)
  }
  return copy
}

/** Sets variables of this very scope. */
export function setLocals(core: Core, token: Token, variables: Variables): void {
  for (const name in variables) setVariable(core, token, [name, variables[name] ?? null])
}

/**
 * Overwrites variables where they are, from this scope upwards; those that are nowhere are created in the process. As in
 * Zeebe, a scope that has the very value already does not keep it from going further up.
 */
export function mergeVariables(core: Core, token: Token, variables: Variables): void {
  for (const name in variables) {
    const value = variables[name] ?? null
    let scope = token
    while (scope.parent !== undefined && !differs(scope, name, value)) scope = scope.parent
    setVariable(core, scope, [name, value])
  }
}

function differs(token: Token, name: string, value: Json): boolean {
  const own = hasOwn(token, name) ? (token.variables?.[name] ?? null) : value
  return own !== value && JSON.stringify(own) !== JSON.stringify(value)
}

function hasOwn(token: Token, name: string): boolean {
  return token.variables !== undefined && Object.hasOwn(token.variables, name)
}

function setVariable(core: Core, token: Token, [name, value]: [string, Json]): void {
  if (core.record !== undefined) recordVariable(core, token, [name, value])
  token.variables ??= {}
  token.variables[name] = value
  touch(core, token)
}

function recordVariable(core: Core, token: Token, [name, value]: [string, Json]): void {
  const json = JSON.stringify(value)
  const isNew = !hasOwn(token, name)
  if (!isNew && JSON.stringify(token.variables?.[name]) === json) return
  const intent = isNew ? 'CREATED' : 'UPDATED'
  core.record?.({ type: 'variable', intent, of: `${name}=${json}`, at: token.key })
}

/** Input mappings become variables of the element. */
export function applyInputs(core: Core, token: Token): void {
  const { inputs } = token.element
  if (inputs === undefined) return
  setLocals(core, token, evaluateMappings(inputs, scopeOf(core, token)))
}

/**
 * The values of a list of mappings. A target `a.b` builds or extends the context `a`: one made by an earlier entry, else
 * the one that `existing` gives.
 */
export function evaluateMappings(
  mappings: Mappings,
  scope: Scope,
  existing?: (name: string) => Json | undefined,
): Variables {
  const values: MutableVariables = {}
  const seesEarlier: Scope = {
    ...scope,
    get: (name) => (Object.hasOwn(values, name) ? values[name] : scope.get(name)),
  }
  try {
    for (const { path, value } of mappings.entries) {
      const [name = '', ...rest] = path
      const before = Object.hasOwn(values, name) ? values[name] : existing?.(name)
      values[name] = placeAt(rest, before, value.evaluate(seesEarlier))
    }
  } catch (error) {
    throw mappingIncident(error, { mappings, scope })
  }
  return values
}

function placeAt(path: readonly string[], before: Json | undefined, value: Json): Json {
  const [name, ...rest] = path
  if (name === undefined) return value
  const context: MutableVariables = {}
  if (typeof before === 'object' && before !== null && !Array.isArray(before)) {
    Object.assign(context, before)
  }
  context[name] = placeAt(rest, context[name], value)
  return context
}

function mappingIncident(
  error: unknown,
  at: { readonly mappings: Mappings; readonly scope: Scope },
): IncidentRaised {
  if (!(error instanceof FeelFailure)) {
    const reason = error instanceof Error ? error.message : String(error)
    const words = `Failed to evaluate expression '${at.mappings.text}': ${reason}`
    return new IncidentRaised('IO_MAPPING_ERROR', words)
  }
  const warnings = warningsOf(at.scope, ({ evaluate }) => {
    for (const { value } of at.mappings.entries) evaluate(value)
  })
  return new IncidentRaised(
    'IO_MAPPING_ERROR',
    `Assertion failure on evaluate the expression '${at.mappings.text}': ${error.message}` +
      formatWarnings([...warnings, `[ASSERT_FAILURE] ${error.message}`]),
  )
}

/** Evaluates once more, to say what Zeebe would have warned of. */
function warningsOf(
  scope: Scope,
  use: (recorder: { readonly evaluate: (expression: Expression) => void }) => void,
): readonly string[] {
  const warnings: string[] = []
  const recording: Scope = {
    ...scope,
    warn: (warning) => {
      warnings.push(warning)
    },
    get: (name) => {
      const value = scope.get(name)
      if (value === undefined) {
        warnings.push(`[NO_VARIABLE_FOUND] No variable found with name '${name}'`)
      }
      return value
    },
  }
  try {
    use({ evaluate: (expression) => expression.evaluate(recording) })
  } catch {
    // It failed before and fails again; the warnings until then are what is wanted.
  }
  return warnings
}

function formatWarnings(warnings: readonly string[]): string {
  if (warnings.length === 0) return ''
  return ` The evaluation reported the following warnings: ${warnings.join(' ')}`
}

type Typed = { readonly BOOLEAN: boolean; readonly STRING: string; readonly ARRAY: readonly Json[] }

/** The value of an expression that must have a certain type. Raises EXTRACT_VALUE_ERROR if it has another. */
export function evaluateAs<T extends keyof Typed>(
  expression: Expression,
  scope: Scope,
  type: T,
): Typed[T] {
  const value = evaluate(expression, scope)
  if (typeName(value) === type) return value as Typed[T]
  throw wrongType(expression, scope, `to be '${type}', but was '${typeName(value)}'.`)
}

/** The text of a timer. Raises EXTRACT_VALUE_ERROR if it is none. */
export function evaluateTimer(
  { timer, value }: { readonly timer: TimerKind; readonly value: Expression },
  scope: Scope,
): string {
  const text = evaluate(value, scope)
  if (typeof text === 'string') return text
  const but = `but was '${typeName(text)}'.`
  if (timer !== 'duration') throw wrongType(value, scope, `to be 'STRING', ${but}`)
  throw wrongType(value, scope, `to be one of '[DURATION, PERIOD, STRING]', ${but}`)
}

/** Raises EXTRACT_VALUE_ERROR for a correlation key that is neither text nor a number. */
export function wrongKey(expression: Expression, scope: Scope, value: Json): IncidentRaised {
  const warnings = warningsOf(scope, ({ evaluate: again }) => {
    again(expression)
  })
  return new IncidentRaised(
    'EXTRACT_VALUE_ERROR',
    `Failed to extract the correlation key for '${expression.source}': ` +
      `The value must be either a string or a number, but was '${typeName(value)}'.` +
      formatWarnings(warnings),
  )
}

function wrongType(expression: Expression, scope: Scope, rest: string): IncidentRaised {
  const warnings = warningsOf(scope, ({ evaluate: again }) => {
    again(expression)
  })
  return new IncidentRaised(
    'EXTRACT_VALUE_ERROR',
    `Expected result of the expression '${expression.source}' ${rest}${formatWarnings(warnings)}`,
  )
}

/** The value of an expression; whatever goes wrong in it is an incident. */
export function evaluate(expression: Expression, scope: Scope): Json {
  try {
    return expression.evaluate(scope)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IncidentRaised(
      'EXTRACT_VALUE_ERROR',
      `Failed to evaluate expression '${expression.source}': ${reason}`,
    )
  }
}

/** Zeebe's name for the type of a value. */
function typeName(value: Json): string {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return 'ARRAY'
  return typeof value === 'object'
    ? 'OBJECT'
    : typeof value === 'string'
      ? 'STRING'
      : typeof value === 'number'
        ? 'NUMBER'
        : 'BOOLEAN'
}
