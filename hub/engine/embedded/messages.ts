import type { Element } from '../bpmn/process-model.ts'
import type { Message, Variables } from '../engine.ts'
import { activate, enter, markActive } from './lifecycle.ts'
import type { BufferedMessage, Core, Definition, Instance, MessageWait, Token } from './state.ts'
import { createToken, pairKey } from './state.ts'
import { canBeTriggered, trigger } from './triggers.ts'
import { ownVariables, setLocals } from './variables.ts'
import { recordMessageWait } from './waits.ts'

/** Brings a message to all that wait for it, starts instances, and buffers it. False if its id is known and it was ignored. */
export function publish(core: Core, message: Message): boolean {
  const at = pairKey(message.name, message.correlationKey)
  const known = core.buffered.get(at) ?? []
  if (message.messageId !== '' && known.some(({ messageId }) => messageId === message.messageId)) {
    return false
  }
  const published: BufferedMessage = {
    ...message,
    variables: ownVariables(message.variables),
    key: core.nextKey(),
    expiresAt: core.nowMs() + message.ttlMs,
    correlatedTo: new Set(),
    alarm: undefined,
  }
  recordMessage(core, published, 'PUBLISHED')
  correlateToWaits(core, published)
  const starts = takeStarts(core, published)
  if (message.ttlMs > 0) bufferMessage(core, published)
  else recordMessage(core, published, 'EXPIRED')
  for (const start of starts) startByMessage(core, published, start)
  return true
}

/** Keeps a message until it expires. */
export function bufferMessage(core: Core, message: BufferedMessage): void {
  const at = pairKey(message.name, message.correlationKey)
  const others = core.buffered.get(at)
  if (others === undefined) core.buffered.set(at, [message])
  else others.push(message)
  core.dirtyMessages.add(message)
  message.alarm = core.schedule.add(message.expiresAt, () => {
    core.submit(() => {
      expire(core, message)
    })
  })
}

function expire(core: Core, message: BufferedMessage): void {
  const at = pairKey(message.name, message.correlationKey)
  const others = (core.buffered.get(at) ?? []).filter((other) => other !== message)
  if (others.length === 0) core.buffered.delete(at)
  else core.buffered.set(at, others)
  core.dirtyMessages.add(message)
  // Zeebe expires in batches, whose records carry keys only.
  core.record?.({ type: 'message', intent: 'EXPIRED', of: '', detail: '' })
}

/** True while a message is to be found in the buffer. */
export function isBuffered(core: Core, message: BufferedMessage): boolean {
  const at = pairKey(message.name, message.correlationKey)
  return core.buffered.get(at)?.includes(message) === true
}

/** Each process gets a message once, through its oldest wait. */
function correlateToWaits(core: Core, message: BufferedMessage): void {
  for (const wait of core.waits.get(pairKey(message.name, message.correlationKey)) ?? []) {
    const { bpmnProcessId } = wait.token.instance.definition
    if (!wait.isCorrelating && !message.correlatedTo.has(bpmnProcessId)) {
      sendToWait(core, message, wait)
    }
  }
}

function sendToWait(core: Core, message: BufferedMessage, wait: MessageWait): void {
  message.correlatedTo.add(wait.token.instance.definition.bpmnProcessId)
  core.dirtyMessages.add(message)
  wait.isCorrelating = true
  recordMessageWait(core, wait, 'msg-sub CORRELATING')
  core.later(() => {
    arrive(core, message, wait)
  })
}

function arrive(core: Core, message: BufferedMessage, wait: MessageWait): void {
  wait.isCorrelating = false
  if (!wait.isOpen || !canBeTriggered(wait.token)) {
    message.correlatedTo.delete(wait.token.instance.definition.bpmnProcessId)
    correlateToWaits(core, message)
    return
  }
  recordMessageWait(core, wait, 'proc-msg-sub CORRELATED')
  const { token, event } = wait
  const staysOpen = !event.isInterrupting
  if (!staysOpen) {
    token.waits = token.waits.filter((other) => other !== wait)
    removeWait(core, wait)
  }
  trigger(core, token, { event, variables: message.variables })
  core.later(() => {
    recordMessageWait(core, wait, 'msg-sub CORRELATED')
    if (staysOpen && wait.isOpen) takeBuffered(core, wait)
  })
}

/** Makes a wait known, and gives it the oldest message that its process has not had. */
export function openMessageWait(core: Core, wait: MessageWait): void {
  core.later(() => {
    if (!wait.isOpen) return
    addWait(core, wait)
    recordMessageWait(core, wait, 'msg-sub CREATED')
    if (takeBuffered(core, wait) || core.record === undefined) return
    core.later(() => {
      recordMessageWait(core, wait, 'proc-msg-sub CREATED')
    })
  })
}

/** Lets messages find a wait. */
export function addWait(core: Core, wait: MessageWait): void {
  const at = pairKey(wait.name, wait.correlationKey)
  const others = core.waits.get(at)
  if (others === undefined) core.waits.set(at, [wait])
  else others.push(wait)
}

function takeBuffered(core: Core, wait: MessageWait): boolean {
  const { bpmnProcessId } = wait.token.instance.definition
  const message = core.buffered
    .get(pairKey(wait.name, wait.correlationKey))
    ?.find(({ correlatedTo }) => !correlatedTo.has(bpmnProcessId))
  if (message === undefined) return false
  sendToWait(core, message, wait)
  return true
}

/** Ends a wait whose element no longer wants the message. */
export function closeMessageWait(core: Core, wait: MessageWait): void {
  removeWait(core, wait)
  if (core.record === undefined) return
  core.later(() => {
    recordMessageWait(core, wait, 'msg-sub DELETED')
    core.later(() => {
      recordMessageWait(core, wait, 'proc-msg-sub DELETED')
    })
  })
}

function removeWait(core: Core, wait: MessageWait): void {
  wait.isOpen = false
  const at = pairKey(wait.name, wait.correlationKey)
  const others = (core.waits.get(at) ?? []).filter((other) => other !== wait)
  if (others.length === 0) core.waits.delete(at)
  else core.waits.set(at, others)
}

type Start = { readonly definition: Definition; readonly element: Element }

/** The start events that a message reaches: of the latest versions, one instance per process and key at a time. */
function takeStarts(core: Core, message: BufferedMessage): readonly Start[] {
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

function startByMessage(core: Core, message: BufferedMessage, start: Start): void {
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
  core.record?.({
    type: 'element',
    intent: 'ELEMENT_ACTIVATING',
    of: process.id,
    at: root.key,
    detail: 'PROCESS',
  })
  markActive(core, root)
  core.later(() => {
    if (root.state !== 'active') return
    enter(core, activate(core, root, { element: begin.element, given: begin.given }))
  })
  return instance
}

/** The key of an instance that has ended is free: the oldest message that waited for that starts the next one. */
export function startNext(core: Core, instance: Instance): void {
  const { definition, startKey } = instance
  if (startKey === undefined) return
  core.startKeys.delete(pairKey(definition.bpmnProcessId, startKey))
  const latest = core.latest.get(definition.bpmnProcessId)
  const waiting = (latest?.process.messageStarts ?? [])
    .flatMap(({ name }) => core.buffered.get(pairKey(name, startKey)) ?? [])
    .filter(({ correlatedTo }) => !correlatedTo.has(definition.bpmnProcessId))
    .sort((a, b) => a.key - b.key)
  const [next] = waiting
  if (next === undefined) return
  for (const start of takeStarts(core, next)) startByMessage(core, next, start)
  core.dirtyMessages.add(next)
}

/** A buffered message as it is kept on disk. */
export function writeMessage({ alarm: _, correlatedTo, ...rest }: BufferedMessage): string {
  return JSON.stringify({ ...rest, correlatedTo: [...correlatedTo] })
}

/** A message as `writeMessage` wrote it. Throws if it is damaged. */
export function readMessage(key: number, written: string): BufferedMessage {
  const doc: unknown = JSON.parse(written)
  if (!isMessageDoc(doc)) throw new Error(`message ${String(key)} is damaged`)
  return { ...doc, correlatedTo: new Set(doc.correlatedTo), alarm: undefined }
}

type MessageDoc = Omit<BufferedMessage, 'alarm' | 'correlatedTo'> & {
  readonly correlatedTo: readonly string[]
}

function isMessageDoc(doc: unknown): doc is MessageDoc {
  return typeof doc === 'object' && doc !== null && 'correlatedTo' in doc && 'expiresAt' in doc
}

function recordMessage(core: Core, message: BufferedMessage, intent: string): void {
  if (core.record === undefined) return
  const id = message.messageId === '' ? '' : ` id=${message.messageId}`
  core.record({
    type: 'message',
    intent,
    of: message.name,
    detail: `${message.correlationKey}${id}`,
  })
}
