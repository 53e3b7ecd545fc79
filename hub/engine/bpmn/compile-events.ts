import type { XmlElement } from './bpmn-source.ts'
import { InvalidProcess, childOf, extensionOf, textOf } from './bpmn-source.ts'
import type { EventDefinition } from './process-model.ts'
import { compileValue } from './feel.ts'
import { planTimer } from './timer-plan.ts'

/** The event definition of an event, or the message of a receive task; `none` for other elements. */
export function compileEvent(source: XmlElement): EventDefinition {
  if (source.$type === 'bpmn:ReceiveTask') return compileMessage(source)
  const definition = childOf(source, 'eventDefinitions')
  if (definition === undefined) return { kind: 'none' }
  const compile = eventCompilers[definition.$type]
  if (compile === undefined) {
    throw new InvalidProcess(`a ${definition.$type.replace('bpmn:', '')} is not supported`)
  }
  return compile(definition)
}

const eventCompilers: { readonly [type: string]: (source: XmlElement) => EventDefinition } = {
  'bpmn:MessageEventDefinition': compileMessage,
  'bpmn:TimerEventDefinition': compileTimer,
  'bpmn:ErrorEventDefinition': (definition) => {
    const code = textOf(childOf(definition, 'errorRef'), 'errorCode')
    return { kind: 'error', code: code ? compileValue(code) : undefined }
  },
  'bpmn:TerminateEventDefinition': () => ({ kind: 'terminate' }),
  'bpmn:LinkEventDefinition': (definition) => ({
    kind: 'link',
    name: textOf(definition, 'name') ?? '',
  }),
}

/** The name under which a message starts the process: it cannot depend on variables. */
export function compileStartMessage(event: EventDefinition): string | undefined {
  if (event.kind !== 'message') return undefined
  const name = event.name.evaluate({ get: () => undefined, nowMs: () => 0 })
  if (typeof name !== 'string')
    throw new InvalidProcess('the name of its start message is not text')
  return name
}

function compileMessage(source: XmlElement): EventDefinition {
  const message = childOf(source, 'messageRef')
  // A message that is thrown is a job, and needs no message of the diagram.
  if (message === undefined && source.$type === 'bpmn:MessageEventDefinition') {
    return { kind: 'none' }
  }
  const name = textOf(message, 'name')
  if (message === undefined || name === undefined) throw new InvalidProcess('it names no message')
  const key = textOf(extensionOf(message, 'Subscription'), 'correlationKey')
  return {
    kind: 'message',
    name: compileValue(name),
    correlationKey: key === undefined ? undefined : compileValue(key),
  }
}

const timerProperties = { timeDuration: 'duration', timeDate: 'date', timeCycle: 'cycle' } as const

function compileTimer(definition: XmlElement): EventDefinition {
  for (const [property, timer] of Object.entries(timerProperties)) {
    const text = textOf(definition, property)
    if (text === undefined) continue
    const value = compileValue(text.trim())
    if (!text.trim().startsWith('=')) planTimer(timer, text.trim(), 0)
    return { kind: 'timer', timer, value }
  }
  throw new InvalidProcess('its timer has no duration, date or cycle')
}
