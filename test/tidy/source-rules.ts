import ts from 'typescript'
import type { TextFile } from './tree.ts'

/** A rule reads one file and returns its complaints, each with a line: "hub/clock.ts:12 reads the time". */
export type Rule = (file: TextFile) => readonly string[]

type Found = { readonly node: ts.Node; readonly complaint: string }

const configFiles = /^(hub|sandbox)\/config[.]ts$/
const clockFiles = /^(hub|sandbox)\/clock[.]ts$/
const networkFiles = /^((hub|sandbox)\/http[a-z-]*|sandbox\/lab\/cluster\/front)[.]ts$/
const moneyFiles = /(^|\/)money[.]ts$/

const machineTimes = [
  ['Date', 'now'],
  ['Math', 'random'],
  ['performance', 'now'],
  ['process', 'hrtime'],
] as const
const timers = ['setTimeout', 'setInterval', 'setImmediate']
const chances = ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'v1', 'v4', 'v7']
const sockets = /^(express|axios|undici|ws|(node:)?(http|https|http2|net|tls|dgram))(\/|$)/
const moneyWords = /amount|minorUnits|balance|money|price|fee\b|fees|position|total|held/i

/** `process.env` is read by the two config.ts and by nobody else. */
export const environmentIsReadOnce = rule(configFiles, (node) =>
  isMember(node, 'process', 'env') ? 'reads process.env: that is config.ts' : undefined,
)

/** Time, timers, ids and randomness come from the clock, so that a run can be replayed. */
export const timeComesFromTheClock = rule(clockFiles, (node) => {
  if (machineTimes.some(([owner, name]) => isMember(node, owner, name)) || isToday(node)) {
    return 'asks the machine for time or chance: that is clock.ts'
  }
  if (ts.isCallExpression(node) && timers.includes(node.expression.getText())) {
    return 'sets a timer: that is clock.ts'
  }
  return drawsByChance(node) ? 'draws an id or a number: that is clock.ts' : undefined
})

/** Sockets, and the libraries over them, are behind the http files. */
export const networkHasOneDoor = rule(networkFiles, (node) => {
  if (ts.isCallExpression(node) && node.expression.getText() === 'fetch') {
    return 'calls fetch: that is http.ts'
  }
  if (ts.isImportDeclaration(node) && sockets.test(moduleOf(node))) {
    return `imports ${moduleOf(node)}: that is http.ts`
  }
  return undefined
})

/** What a program has to say goes to the log, or to stdout from a cli.ts. */
export const nothingWritesToTheConsole = rule(/^$/, (node) =>
  ts.isPropertyAccessExpression(node) && node.expression.getText() === 'console'
    ? 'writes to the console: that is log.ts'
    : undefined,
)

/** An amount is never a floating-point number: only money.ts turns text into money and money into text. */
export const moneyIsNeverAFloat = rule(moneyFiles, (node) => {
  if (!ts.isCallExpression(node)) return undefined
  const called = node.expression.getText()
  if (/^(Number[.])?parseFloat$/.test(called)) return 'reads a float'
  if (!/^Number$|[.]toFixed$/.test(called)) return undefined
  return moneyWords.test(node.getText()) ? 'makes a float of an amount' : undefined
})

/** Each export says what it promises, in one to six lines; types are not repeated. */
export const exportsAreDocumented = rule(/^$/, (node) => {
  if (!isExported(node)) return undefined
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  if (comment === undefined) return `exports ${nameOf(node)} without a docstring`
  const lines = comment
    .getText()
    .split('\n')
    .filter((line) => !/^\s*(\/\*\*|\*\/)\s*$/.test(line))
  if (lines.length > 6) return `says more than six lines about ${nameOf(node)}`
  return comment.tags?.length ? `repeats types or names about ${nameOf(node)}` : undefined
})

/** Names that say nothing. Verbs and nouns of the scheme do (CONTRIBUTING.md, *Words*). */
export const namesSaySomething = rule(/^$/, (node) => {
  if (!isExported(node)) return undefined
  const name = nameOf(node)
  return /^(process|handle|manage|do|perform)[A-Z]|(Manager|Service|Impl|Utils?|Helpers?|Info)$|^[IT][A-Z][a-z]/.test(
    name,
  )
    ? `exports ${name}, a name that says nothing`
    : undefined
})

/** A test looks at behaviour: nothing is skipped, mocked as a module, compared with a recording, or slept through. */
export const testsLookAtBehaviour = rule(/^$/, (node) => {
  if (!ts.isPropertyAccessExpression(node)) return undefined
  const { name } = node
  const owner = node.expression.getText()
  if (owner === 'jest' && /mock$|Module$/i.test(name.text)) return 'mocks a module'
  if (/^toMatch(Inline)?Snapshot$/.test(name.text)) return 'compares with a snapshot'
  if (/^(it|test|describe)$/.test(owner) && /^(skip|only|todo)$/.test(name.text)) {
    return `leaves a test out by .${name.text}`
  }
  return undefined
})

/** Marks of unfinished work. Looks at the text, so that comments count. */
export const nothingIsLeftOver: Rule = ({ path, text }) =>
  text.split('\n').flatMap((line, index) => {
    const [mark] = /\b(TODO|FIXME|HACK)\b|not (yet )?implemented/.exec(line) ?? []
    return mark === undefined ? [] : [`${path}:${index + 1} leaves a mark: ${mark}`]
  })

function rule(allowed: RegExp, look: (node: ts.Node) => string | undefined): Rule {
  return (file) => {
    if (allowed.test(file.path)) return []
    const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
    const found: Found[] = []
    const visit = (node: ts.Node): void => {
      const complaint = look(node)
      if (complaint !== undefined) found.push({ node, complaint })
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found.map(({ node, complaint }) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      return `${file.path}:${line + 1} ${complaint}`
    })
  }
}

function isMember(node: ts.Node, owner: string, name: string): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === name &&
    node.expression.getText() === owner
  )
}

/** `new Date()` and `Date()` are now; `new Date(ms)` is arithmetic. */
function isToday(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return node.expression.getText() === 'Date'
  return (
    ts.isNewExpression(node) &&
    node.expression.getText() === 'Date' &&
    (node.arguments?.length ?? 0) === 0
  )
}

/** `clock.randomBytes` is the port itself. */
function drawsByChance(node: ts.Node): boolean {
  if (ts.isImportSpecifier(node)) return chances.includes(node.name.text)
  if (!ts.isPropertyAccessExpression(node) || !chances.includes(node.name.text)) return false
  return !/clock$/i.test(node.expression.getText())
}

function moduleOf(node: ts.ImportDeclaration): string {
  return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : ''
}

type Named =
  | ts.FunctionDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.VariableStatement

function isExported(node: ts.Node): node is Named {
  const isDeclaration =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isVariableStatement(node)
  if (!isDeclaration) return false
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function nameOf(node: Named): string {
  if (!ts.isVariableStatement(node)) return node.name?.text ?? ''
  return node.declarationList.declarations.map(({ name }) => name.getText()).join(', ')
}
