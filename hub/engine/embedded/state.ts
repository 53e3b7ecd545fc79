import type { CompiledProcess, Element } from '../bpmn/process-model.ts'
import type { Json, Message, Variables } from '../engine.ts'
import type { Alarm, Schedule } from '../schedule.ts'

/** Variables while a step writes them. */
export type MutableVariables = { [name: string]: Json }

/** One version of a process. */
export type Definition = {
  readonly key: number
  readonly bpmnProcessId: string
  readonly version: number
  readonly process: CompiledProcess
}

/** A running process. Its tokens hang below `root`. */
export type Instance = {
  readonly key: number
  readonly definition: Definition
  /** Set right after its creation, and never again. */
  root: Token | undefined
  /** The call activity that waits for it. */
  readonly caller: Token | undefined
  /** The correlation key that no second instance of this process may start with. */
  readonly startKey: string | undefined
  isEnded: boolean
}

/** An element being executed (Zeebe: element instance). */
export type Token = {
  readonly key: number
  readonly element: Element
  readonly instance: Instance
  readonly parent: Token | undefined
  /** True for the element around the instances of a multi-instance activity. */
  readonly isBody: boolean
  state: 'activating' | 'active' | 'completing' | 'terminating'
  variables: MutableVariables | undefined
  /** `noTokens` until the first. */
  children: ReadonlySet<Token>
  /** Flows taken whose targets are not activated yet; always 0 between commands. */
  pendingFlows: number
  /** Tokens that wait at parallel joins of this scope, by flow. */
  taken: Map<number, number> | undefined
  job: JobState | undefined
  waits: readonly Wait[]
  incident: IncidentState | undefined
  /** What a job or message brought, to be merged when the element completes. */
  result: Variables | undefined
  /** What an event brought when it was activated; goes up when it completes. */
  given: Variables | undefined
  /** The event that follows once this element, or all in it, has ended. Never set between commands. */
  trigger: { readonly event: Element; readonly variables: Variables } | undefined
  /** Of a body: what is looped over, and how many were started. */
  loop: { readonly items: readonly Json[]; started: number; completed: number } | undefined
  /** Of an inner instance: its place in the loop, from 1. */
  readonly loopCounter: number
  called: Instance | undefined
}

/** `offered`: a worker may take it; `taken`: one has; `later`: after its back-off; `stopped`: an incident holds it. */
export type JobState = {
  readonly key: number
  readonly type: string
  readonly token: Token
  state: 'offered' | 'taken' | 'later' | 'stopped' | 'ended'
  retries: number
  /** End of the back-off or of the worker's time. */
  dueAt: number
  alarm: Alarm | undefined
  errorCode: string | undefined
}

/** A token that waits for a moment; ms since 1970. */
export type TimerWait = {
  readonly kind: 'timer'
  readonly key: number
  readonly token: Token
  readonly event: Element
  readonly dueAt: number
  readonly repetitions: number
  readonly interval: string | undefined
  alarm: Alarm | undefined
}

/** A token that waits for a message. */
export type MessageWait = {
  readonly kind: 'message'
  readonly key: number
  readonly token: Token
  readonly event: Element
  readonly name: string
  readonly correlationKey: string
  isOpen: boolean
  /** A message is on its way to it; only within a command. */
  isCorrelating: boolean
}

/** What a token can wait for. */
export type Wait = TimerWait | MessageWait

/** Why a token stands still until a person resolves it. */
export type IncidentState = {
  readonly key: number
  readonly type: string
  readonly message: string
  /** What resolving does again. */
  readonly step: 'enter' | 'finish' | 'job'
}

/** A published message that may still find a subscription. */
export type BufferedMessage = Message & {
  readonly key: number
  readonly expiresAt: number
  /** Processes that had it: none gets it twice. */
  readonly correlatedTo: Set<string>
  alarm: Alarm | undefined
}

/** What happened, for traces. `at` = key of the element instance. */
export type EngineRecord = {
  readonly type: string
  readonly intent: string
  readonly of: string
  readonly at?: number
  readonly detail?: string
  readonly dueAt?: number
}

/** All that runs, and the tools with which it is moved. Only one command moves it at a time. */
export type Core = {
  readonly nowMs: () => number
  readonly nextKey: () => number
  /** Does a step after those already asked for: Zeebe's log of follow-up commands. */
  readonly later: (step: () => void) => void
  /** Runs a command of the engine's own, such as a timer that is due, durably like any other. */
  readonly submit: (command: () => void) => void
  readonly schedule: Schedule
  readonly record: ((record: EngineRecord) => void) | undefined
  readonly hooks: Hooks

  readonly definitions: Map<number, Definition>
  /** The latest version of each process. */
  readonly latest: Map<string, Definition>
  /** The latest versions that a message starts, by its name. */
  readonly startsByMessage: Map<string, Definition[]>
  readonly instances: Map<number, Instance>
  /** The instance that holds a start key: `bpmnProcessId key`. */
  readonly startKeys: Map<string, number>
  readonly incidents: Map<number, Token>
  readonly jobs: Map<number, JobState>
  /** Jobs that may be taken, oldest first, by type. May hold jobs that are no longer offered. */
  readonly offered: Map<string, JobState[]>
  /** Waits for messages by name and key, oldest first. */
  readonly waits: Map<string, MessageWait[]>
  /** Buffered messages by name and key, oldest first. */
  readonly buffered: Map<string, BufferedMessage[]>

  readonly dirtyInstances: Set<Instance>
  readonly dirtyMessages: Set<BufferedMessage>
}

/** What the parts of the engine ask of each other; given once, when it is put together. */
export type Hooks = {
  /** By Zeebe's element type, and MULTI_INSTANCE_BODY. */
  readonly behaviours: { readonly [kind: string]: Behaviour }
  readonly fireTimer: (wait: TimerWait) => void
  readonly openMessageWait: (wait: MessageWait) => void
  readonly closeMessageWait: (wait: MessageWait) => void
  /** After the last token of an instance has gone. */
  readonly instanceEnded: (instance: Instance) => void
  /** After an instance of a multi-instance activity has gone. */
  readonly innerEnded: (body: Token) => void
  /** The last step of ending a call activity, once what it called has ended. */
  readonly terminated: (token: Token) => void
}

/** What is particular to a type of element. Each may raise an incident, and is done again when that is resolved. */
export type Behaviour = {
  /** Makes the element active, or waits, or passes through. Its input mappings are applied. */
  readonly enter: (core: Core, token: Token) => void
  /** Before it is completed, after its output mappings. */
  readonly finish?: (core: Core, token: Token) => void
  /** Once it is completed, before its flows are taken. */
  readonly leave?: (core: Core, token: Token) => void
}

/** A command that cannot be done; the state is unchanged. The code is one of gRPC's, as Zeebe's gateway answers. */
export class Rejected extends Error {
  override readonly name = 'Rejected'
  readonly code: 'NOT_FOUND' | 'INVALID_ARGUMENT' | 'FAILED_PRECONDITION' | 'ALREADY_EXISTS'
  constructor(code: Rejected['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Joins two texts to a key that no other two give. */
export function pairKey(first: string, second: string): string {
  return `${String(first.length)}:${first}${second}`
}

/** Marks an instance as changed, to be written with the next commit. */
export function touch(core: Core, token: Token): void {
  core.dirtyInstances.add(token.instance)
}

const noTokens: ReadonlySet<Token> = new Set()
const noWaits: readonly Wait[] = []

/** A token in its scope, not yet active. */
export function createToken(
  core: Core,
  at: Pick<Token, 'element' | 'instance' | 'parent'>,
  start: Partial<Token> = {},
): Token {
  const token: Token = {
    key: start.key ?? core.nextKey(),
    element: at.element,
    instance: at.instance,
    parent: at.parent,
    isBody: start.isBody ?? false,
    state: start.state ?? 'activating',
    variables: start.variables,
    children: noTokens,
    pendingFlows: 0,
    taken: start.taken,
    job: undefined,
    waits: noWaits,
    incident: start.incident,
    result: start.result,
    given: start.given,
    trigger: undefined,
    loop: start.loop,
    loopCounter: start.loopCounter ?? 0,
    called: undefined,
  }
  if (at.parent !== undefined) addChild(at.parent, token)
  touch(core, token)
  return token
}

function addChild(scope: Token, token: Token): void {
  // Most tokens never have children, and a set for each would cost more than all else they hold.
  if (scope.children === noTokens) scope.children = new Set([token])
  else if (scope.children instanceof Set) scope.children.add(token)
}

/** Takes a token out of its scope. */
export function removeChild(scope: Token, token: Token): void {
  if (scope.children instanceof Set) scope.children.delete(token)
}

/** The element of a process by its index, which a compiled process always has. */
export function elementAt(token: Token, index: number): Element {
  const element = token.instance.definition.process.elements[index]
  if (element === undefined) throw new Error(`no element ${String(index)}`)
  return element
}

/** True for one instance of a multi-instance activity, as opposed to the body around them. */
export function isInner(token: Token): boolean {
  return token.parent?.isBody === true && token.parent.element === token.element
}

/** The element instance of a job or scope by its key, within one process instance. */
export function findToken(root: Token | undefined, key: number): Token | undefined {
  if (root === undefined || root.key === key) return root
  for (const child of root.children) {
    const found = findToken(child, key)
    if (found !== undefined) return found
  }
  return undefined
}
