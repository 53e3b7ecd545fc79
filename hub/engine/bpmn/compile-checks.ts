import { InvalidProcess } from './bpmn-source.ts'
import type { Element } from './process-model.ts'

/** Refuses what this engine cannot run as drawn. Throws InvalidProcess, which names the element. */
export function checkElements(elements: readonly Element[]): void {
  for (const element of elements) {
    const reason = problemOf(element, elements)
    if (reason !== undefined) throw new InvalidProcess(`'${element.id}' ${reason}`)
  }
  const root = elements[0]
  if (
    !elements.some((element) => element.kind === 'START_EVENT' && element.scope === root?.index)
  ) {
    throw new InvalidProcess('it has no start event')
  }
}

const needsJob: ReadonlySet<string> = new Set(['SERVICE_TASK', 'SEND_TASK', 'BUSINESS_RULE_TASK'])

const supported: ReadonlySet<string> = new Set([
  ...needsJob,
  ...['PROCESS', 'SUB_PROCESS', 'EVENT_SUB_PROCESS', 'CALL_ACTIVITY'],
  ...['START_EVENT', 'END_EVENT', 'BOUNDARY_EVENT'],
  ...['INTERMEDIATE_CATCH_EVENT', 'INTERMEDIATE_THROW_EVENT'],
  ...['TASK', 'MANUAL_TASK', 'SCRIPT_TASK', 'USER_TASK', 'RECEIVE_TASK'],
  ...['EXCLUSIVE_GATEWAY', 'PARALLEL_GATEWAY', 'INCLUSIVE_GATEWAY', 'EVENT_BASED_GATEWAY'],
])

type Check = (element: Element, elements: readonly Element[]) => string | undefined

const checks: { readonly [kind: string]: Check } = {
  SUB_PROCESS: ({ start }) => (start < 0 ? 'has no none start event' : undefined),
  EVENT_SUB_PROCESS: ({ start }, elements) =>
    start < 0 || elements[start]?.event.kind === 'none' ? 'has no event to start it' : undefined,
  INTERMEDIATE_CATCH_EVENT: ({ event }) =>
    ['message', 'timer', 'link'].includes(event.kind) ? keyProblem(event) : 'waits for nothing',
  RECEIVE_TASK: ({ event }) => keyProblem(event),
  BOUNDARY_EVENT: ({ event }) =>
    ['message', 'timer', 'error'].includes(event.kind) ? keyProblem(event) : 'waits for nothing',
  EVENT_BASED_GATEWAY: ({ outgoing }, elements) =>
    outgoing.every(({ target }) => elements[target]?.kind === 'INTERMEDIATE_CATCH_EVENT')
      ? undefined
      : 'must be followed by catch events only',
  INCLUSIVE_GATEWAY: ({ incoming }) =>
    incoming.length > 1 ? 'joins several flows, which an inclusive gateway cannot' : undefined,
  EXCLUSIVE_GATEWAY: (gateway) => {
    const { outgoing, defaultFlow } = gateway
    if (outgoing.length < 2) return undefined
    const bare = outgoing.find((flow) => flow !== defaultFlow && flow.condition === undefined)
    return bare && `has a flow '${bare.id}' without a condition`
  },
  INTERMEDIATE_THROW_EVENT: ({ event, scope }, elements) => {
    if (event.kind !== 'link') return undefined
    const found = elements.some(
      (other) =>
        other.kind === 'INTERMEDIATE_CATCH_EVENT' &&
        other.scope === scope &&
        other.event.kind === 'link' &&
        other.event.name === event.name,
    )
    return found ? undefined : `links to '${event.name}', which is nowhere`
  },
}

function problemOf(element: Element, elements: readonly Element[]): string | undefined {
  if (!supported.has(element.kind)) return `is a ${element.kind}, which is not supported`
  if (needsJob.has(element.kind) && element.job === undefined) return 'has no task definition'
  return checks[element.kind]?.(element, elements)
}

function keyProblem(event: Element['event']): string | undefined {
  const isKeyless = event.kind === 'message' && event.correlationKey === undefined
  return isKeyless ? 'waits for a message that has no correlation key' : undefined
}
