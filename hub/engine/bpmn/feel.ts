import { evaluate, parseDateTime, parseExpression } from 'feelin'
import type { Json } from '../engine.ts'
import { and, compileFunction, copyJson, equals, negate, order } from './feel-functions.ts'
import type { Evaluator, Scope } from './feel-functions.ts'

/** A compiled FEEL expression. `source` is what stood behind the `=`. */
export type Expression = { readonly source: string; readonly evaluate: Evaluator }

type ParseNode = ReturnType<typeof parseExpression>['topNode']
type Source = { readonly text: string; readonly compile: (node: ParseNode) => Evaluator }

/** Thrown while compiling: feelin itself shall evaluate this expression. */
class NotCovered extends Error {}

/**
 * Compiles FEEL to closures; what the compiler does not cover (dates, iterations, ranges, most functions) is left to feelin.
 * Throws a sentence for text that is not FEEL, also where the parser would have recovered.
 */
export function compileFeel(text: string): Expression {
  const tree = parseExpression(text, {}, 'camunda')
  refuseErrors(tree.topNode, text)
  const source: Source = {
    text,
    compile: (node) => {
      const compiler = compilers[node.name]
      if (compiler === undefined) throw new NotCovered(node.name)
      return compiler(node, source)
    },
  }
  try {
    return { source: text, evaluate: source.compile(tree.topNode) }
  } catch (error) {
    if (!(error instanceof NotCovered)) throw error
    return { source: text, evaluate: delegateToFeelin(tree.topNode, text) }
  }
}

/** The FEEL of `= …`, or the text itself as a constant, as Zeebe reads its attributes. */
export function compileValue(text: string): Expression {
  if (text.startsWith('=')) return compileFeel(text.slice(1))
  return { source: text, evaluate: () => text }
}

function refuseErrors(node: ParseNode, text: string): void {
  node.tree?.iterate({
    enter: (found) => {
      const isDoubled =
        found.name === 'SimplePositiveUnaryTest' &&
        found.node.parent?.name === 'Comparison' &&
        found.node.firstChild?.name === 'CompareOp'
      if (found.type.isError || isDoubled || isScientific(found, text)) {
        throw new Error(`'${text.trim()}' is not FEEL, at position ${String(found.from + 1)}`)
      }
    },
  })
}

/** Zeebe's FEEL has no exponents. */
function isScientific(found: { name: string; from: number; to: number }, text: string): boolean {
  return found.name === 'NumericLiteral' && /e/i.test(text.slice(found.from, found.to))
}

const compilers: { readonly [node: string]: (node: ParseNode, source: Source) => Evaluator } = {
  Expression: (node, source) => source.compile(childAt(node, 0)),
  ParenthesizedExpression: (node, source) => source.compile(childAt(node, 1)),
  NumericLiteral: (node, source) => constant(Number(textOf(node, source))),
  StringLiteral: (node, source) => constant(readString(textOf(node, source))),
  BooleanLiteral: (node, source) => constant(textOf(node, source) === 'true'),
  null: () => constant(null),
  VariableName: (node, source) => {
    const name = nameOf(node, source.text)
    return (scope) => scope.get(name) ?? null
  },
  PathExpression: (node, source) => {
    const owner = source.compile(childAt(node, 0))
    const name = nameOf(childAt(node, 2), source.text)
    return (scope) => readPath(owner(scope), name)
  },
  Comparison: compileComparison,
  Conjunction: (node, source) => compileLogic(node, source, false),
  Disjunction: (node, source) => compileLogic(node, source, true),
  ArithmeticExpression: compileArithmetic,
  IfExpression: (node, source) => {
    const condition = source.compile(childAt(node, 1))
    const yes = source.compile(childAt(node, 3))
    const no = source.compile(childAt(node, 5))
    return (scope) => (condition(scope) === true ? yes(scope) : no(scope))
  },
  List: (node, source) => {
    const items = childrenOf(node).slice(1, -1).map(source.compile)
    return (scope) => items.map((item) => item(scope))
  },
  Context: compileContext,
  FunctionInvocation: (node, source) => {
    const [named, , parameters] = childrenOf(node)
    if (named === undefined || parameters?.name !== 'PositionalParameters') throw new NotCovered()
    const name = nameOf(named, source.text)
    const nodes = childrenOf(parameters)
    const compiled = compileFunction(name, nodes.map(source.compile))
    if (compiled === undefined) throw new NotCovered(name)
    return compiled
  },
}

function compileComparison(node: ParseNode, source: Source): Evaluator {
  const parts = childrenOf(node)
  const operator = parts[1]
  if (operator?.name === 'CompareOp' && parts.length === 3) {
    const left = source.compile(childAt(node, 0))
    const right = source.compile(childAt(node, 2))
    const compare = comparisons[textOf(operator, source)]
    if (compare === undefined) throw new NotCovered()
    return (scope) => warnIfNull(scope, compare, [left(scope), right(scope)])
  }
  if (operator?.name === 'between') {
    const value = source.compile(childAt(node, 0))
    const low = source.compile(childAt(node, 2))
    const high = source.compile(childAt(node, 4))
    return (scope) => {
      const tested = value(scope)
      return and(
        order(tested, low(scope), (by) => by >= 0),
        order(tested, high(scope), (by) => by <= 0),
      )
    }
  }
  throw new NotCovered()
}

function warnIfNull(
  scope: Scope,
  compare: (left: Json, right: Json) => Json,
  [left, right]: [Json, Json],
): Json {
  const result = compare(left, right)
  if (result === null && scope.warn !== undefined) {
    const [first, second] = [JSON.stringify(left), JSON.stringify(right)]
    scope.warn(`[NOT_COMPARABLE] Can't compare '${first}' with '${second}'`)
  }
  return result
}

const comparisons: { readonly [operator: string]: (left: Json, right: Json) => Json } = {
  '=': equals,
  '!=': (left, right) => negate(equals(left, right)),
  '<': (left, right) => order(left, right, (by) => by < 0),
  '<=': (left, right) => order(left, right, (by) => by <= 0),
  '>': (left, right) => order(left, right, (by) => by > 0),
  '>=': (left, right) => order(left, right, (by) => by >= 0),
}

/** Both `and` and `or`: the deciding value wins over null, whichever side it is on. */
function compileLogic(node: ParseNode, source: Source, deciding: boolean): Evaluator {
  const left = source.compile(childAt(node, 0))
  const right = source.compile(childAt(node, 2))
  return (scope) => {
    const first = left(scope)
    if (first === deciding) return deciding
    const second = right(scope)
    if (second === deciding) return deciding
    return first === !deciding && second === !deciding ? !deciding : null
  }
}

function compileArithmetic(node: ParseNode, source: Source): Evaluator {
  const parts = childrenOf(node)
  if (parts.length === 2) {
    const value = source.compile(childAt(node, 1))
    return (scope) => calculate(scope, '-', [0, value(scope)])
  }
  const left = source.compile(childAt(node, 0))
  const operator = textOf(childAt(node, 1), source)
  const right = source.compile(childAt(node, 2))
  if (operator === '**') throw new NotCovered()
  return (scope) => calculate(scope, operator, [left(scope), right(scope)])
}

const warnings: { readonly [operator: string]: (left: string, right: string) => string } = {
  '+': (left, right) => `Can't add '${right}' to '${left}'`,
  '-': (left, right) => `Can't subtract '${right}' from '${left}'`,
  '*': (left, right) => `Can't multiply '${left}' by '${right}'`,
  '/': (left, right) => `Can't divide '${left}' by '${right}'`,
}

function calculate(scope: Scope, operator: string, [left, right]: [Json, Json]): Json {
  const result = calculateValue(operator, left, right)
  if (result === null && scope.warn !== undefined) {
    const warning = warnings[operator]?.(JSON.stringify(left), JSON.stringify(right))
    scope.warn(`[INVALID_TYPE] ${warning ?? ''}`)
  }
  return result
}

function calculateValue(operator: string, left: Json, right: Json): Json {
  if (typeof left === 'number' && typeof right === 'number') {
    if (operator === '+') return likeDecimal(left + right)
    if (operator === '-') return likeDecimal(left - right)
    if (operator === '*') return likeDecimal(left * right)
    return right === 0 ? null : left / right
  }
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  return null
}

/** Zeebe counts in decimals: 0.1 + 0.2 is 0.3 there. */
function likeDecimal(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15))
}

function compileContext(node: ParseNode, source: Source): Evaluator {
  const entries = childrenOf(node)
    .filter((child) => child.name === 'ContextEntry')
    .map((entry): readonly [string, Evaluator] => {
      const key = textOf(childAt(entry, 0), source)
      const name = key.startsWith('"') ? readString(key) : key
      return [name, source.compile(childAt(entry, 1))]
    })
  return (scope) => {
    const context: { [name: string]: Json } = {}
    const inner: Scope = { ...scope, get: (name) => context[name] ?? scope.get(name) }
    for (const [name, value] of entries) context[name] = value(inner)
    return context
  }
}

function readPath(owner: Json, name: string): Json {
  if (owner === null || typeof owner !== 'object') return null
  if (Array.isArray(owner)) return owner.map((item: Json) => readPath(item, name))
  return Object.entries(owner).find(([key]) => key === name)?.[1] ?? null
}

function delegateToFeelin(top: ParseNode, text: string): Evaluator {
  const names = new Set<string>()
  top.tree?.iterate({
    enter: (found) => {
      if (found.name === 'VariableName') names.add(nameOf(found.node, text))
    },
  })
  return (scope) => {
    const now = (): unknown => parseDateTime(new Date(scope.nowMs()).toISOString())
    const context: { [name: string]: unknown } = { now }
    for (const name of names) {
      const value = scope.get(name)
      if (value !== undefined) context[name] = value
    }
    const { value } = evaluate(text, context, 'camunda')
    return copyJson(value)
  }
}

function constant(value: Json): Evaluator {
  return () => value
}

function readString(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    throw new NotCovered()
  }
}

function childrenOf(node: ParseNode): ParseNode[] {
  const children: ParseNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children.filter((child) => child.name !== 'LineComment' && child.name !== 'BlockComment')
}

function childAt(node: ParseNode, index: number): ParseNode {
  const child = childrenOf(node)[index]
  if (child === undefined) throw new NotCovered()
  return child
}

function textOf(node: ParseNode, source: Source): string {
  return source.text.slice(node.from, node.to)
}

function nameOf(node: ParseNode, text: string): string {
  return text.slice(node.from, node.to).replaceAll('`', '').replaceAll(/\s+/g, ' ')
}
