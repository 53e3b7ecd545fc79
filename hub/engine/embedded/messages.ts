import type { Message } from '../engine.ts'
import type { BufferedMessage, Core, Instance, MessageWait } from './state.ts'
import { pairKey } from './state.ts'
import { canBeTriggered, startByMessage, takeStarts, trigger } from './triggers.ts'
import { ownVariables } from './variables.ts'
import { recordMessageWait } from './waits.ts'

/** Brings a message to all that wait for it, starts instances, and buffers it. False if its id is known and it was ignored. */
export function publish(core: Core, message: Message): boolean {
  const at = pairKey(message.name, message.correlationKey)
  const known = core.buffered.get(at) ?? []
  if (message.messageId !== '' && known.some(({ messageId }) => messageId === message.messageId)) {
    core.record?.({ type: 'duplicate', intent: 'PUBLISH', of: message.messageId })
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
  if (message.ttlMs > 0) core.dirtyMessages.add(message)
  wait.isCorrelating = true
  recordMessageWait(core, wait, 'msg-sub CORRELATING')
  core.later(() => {
    arrive(core, message, wait)
  })
}

function arrive(core: Core, message: BufferedMessage, wait: MessageWait): void {
  wait.isCorrelating = false
  if (!wait.isOpen || !canBeTriggered(wait.token)) {
    giveBack(core, message, wait)
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

/** The element wants no message any more: another instance of its process may have it. */
function giveBack(core: Core, message: BufferedMessage, wait: MessageWait): void {
  recordRejection(core, wait, {
    intent: 'PROCESS_MESSAGE_SUBSCRIPTION CORRELATE INVALID_STATE',
    reason: `Expected to correlate a process message subscription with element key 'KEY' and message name '${wait.name}', but the subscription is not active anymore`,
  })
  core.later(() => {
    if (wait.isOpen) recordMessageWait(core, wait, 'msg-sub REJECTED')
    removeWait(core, wait)
    message.correlatedTo.delete(wait.token.instance.definition.bpmnProcessId)
    correlateToWaits(core, message)
  })
}

function recordRejection(
  core: Core,
  wait: MessageWait,
  { intent, reason }: { readonly intent: string; readonly reason: string },
): void {
  core.record?.({ type: 'rejected', intent, of: reason, at: wait.token.key })
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
    ?.find((buffered) => isFor(core, buffered, bpmnProcessId))
  if (message === undefined) return false
  sendToWait(core, message, wait)
  return true
}

/** A message is over when its time is, even if nothing has removed it yet. */
function isFor(core: Core, message: BufferedMessage, bpmnProcessId: string): boolean {
  return message.expiresAt > core.nowMs() && !message.correlatedTo.has(bpmnProcessId)
}

/** Ends a wait whose element no longer wants the message. */
export function closeMessageWait(core: Core, wait: MessageWait): void {
  core.later(() => {
    if (wait.isOpen) recordMessageWait(core, wait, 'msg-sub DELETED')
    else {
      recordRejection(core, wait, {
        intent: 'MESSAGE_SUBSCRIPTION DELETE NOT_FOUND',
        reason: `Expected to close message subscription for element with key 'KEY' and message name '${wait.name}', but no such message subscription exists`,
      })
    }
    removeWait(core, wait)
    if (core.record === undefined) return
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

/** The key of an instance that has ended is free: the oldest message that waited for that starts the next one. */
export function startNext(core: Core, instance: Instance): void {
  const { definition, startKey } = instance
  if (startKey === undefined) return
  core.startKeys.delete(pairKey(definition.bpmnProcessId, startKey))
  const latest = core.latest.get(definition.bpmnProcessId)
  const waiting = (latest?.process.messageStarts ?? [])
    .flatMap(({ name }) => core.buffered.get(pairKey(name, startKey)) ?? [])
    .filter((buffered) => isFor(core, buffered, definition.bpmnProcessId))
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
