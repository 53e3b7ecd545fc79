import type { Json } from '../engine.ts'

/** Where an expression finds its variables; undefined = there is none of that name, which FEEL reads as null. */
export type Scope = {
  readonly get: (name: string) => Json | undefined
  readonly nowMs: () => number
  /** Hears why a value became null. */
  readonly warn?: (warning: string) => void
}

/** A compiled expression; a variable that is missing is null. */
export type Evaluator = (scope: Scope) => Json

/** An expression that cannot have a value, as `assert` says. The message is the reason. */
export class FeelFailure extends Error {
  override readonly name = 'FeelFailure'
}

/** The call of a built-in function, or undefined if this engine leaves that function to feelin. */
export function compileFunction(
  name: string,
  parameters: readonly Evaluator[],
): Evaluator | undefined {
  const [first, second] = parameters
  if (first === undefined) return undefined
  if (second === undefined) {
    const call = ofOne[name]
    return call && ((scope) => call(first(scope)))
  }
  const call = parameters.length === 2 ? ofTwo[name] : undefined
  return call && ((scope) => call(first(scope), second(scope)))
}

const ofOne: { readonly [name: string]: (value: Json) => Json } = {
  not: negate,
  string: (value) => {
    if (value === null || typeof value === 'string') return value
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  },
  count: (value) => (Array.isArray(value) ? value.length : null),
  'is defined': (value) => value !== null,
  'is empty': (value) => (Array.isArray(value) ? value.length === 0 : null),
  'is blank': (value) => text(value, (found) => found.trim() === ''),
  trim: (value) => text(value, (found) => found.trim()),
  'string length': (value) => text(value, (found) => Array.from(found).length),
  'upper case': (value) => text(value, (found) => found.toUpperCase()),
  'lower case': (value) => text(value, (found) => found.toLowerCase()),
}

const ofTwo: { readonly [name: string]: (first: Json, second: Json) => Json } = {
  assert: (value, condition) => {
    if (condition === true) return value
    throw new FeelFailure('The condition is not fulfilled')
  },
  contains: (value, part) => texts(value, part, (found, sought) => found.includes(sought)),
  'starts with': (value, part) => texts(value, part, (found, sought) => found.startsWith(sought)),
  'ends with': (value, part) => texts(value, part, (found, sought) => found.endsWith(sought)),
  'list contains': (list, item) =>
    Array.isArray(list) ? list.some((found: Json) => equals(found, item) === true) : null,
}

function text(value: Json, use: (text: string) => Json): Json {
  return typeof value === 'string' ? use(value) : null
}

function texts(first: Json, second: Json, use: (first: string, second: string) => Json): Json {
  return typeof first === 'string' && typeof second === 'string' ? use(first, second) : null
}

/** Three-valued: null when the two cannot be compared. */
export function equals(left: Json, right: Json): Json {
  if (left === right) return true
  if (left === null || right === null) return false
  if (typeof left !== typeof right) return null
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (Array.isArray(left) !== Array.isArray(right)) return null
  const rightValues = new Map(Object.entries(right))
  const entries = Object.entries(left)
  return (
    entries.length === rightValues.size &&
    entries.every(([name, value]) => equals(value, rightValues.get(name) ?? null) === true)
  )
}

/** Compares two numbers or two texts; null for anything else. */
export function order(left: Json, right: Json, test: (by: number) => boolean): Json {
  if (typeof left === 'number' && typeof right === 'number') return test(left - right)
  if (typeof left === 'string' && typeof right === 'string') {
    return test(left < right ? -1 : left > right ? 1 : 0)
  }
  return null
}

/** FEEL's not(): what is no boolean is null. */
export function negate(value: Json): Json {
  return typeof value === 'boolean' ? !value : null
}

/** Three-valued and: false decides, null is unknown. */
export function and(left: Json, right: Json): Json {
  if (left === false || right === false) return false
  return left === true && right === true ? true : null
}

/**
 * A copy of a value that is JSON and shares nothing with it: dates and durations become the strings they print as, what JSON
 * lacks becomes null or is left out.
 */
export function copyJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object') return null
  return Array.isArray(value) ? value.map(copyJson) : copyObject(value)
}

function copyObject(value: object): Json {
  // Dates and durations of feelin print as text.
  if ('toJSON' in value) return JSON.stringify(value).replaceAll('"', '')
  const copy: { [name: string]: Json } = {}
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined && name !== '__proto__') copy[name] = copyJson(member)
  }
  return copy
}
