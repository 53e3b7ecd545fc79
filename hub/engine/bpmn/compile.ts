import type {
  CalledElement,
  CompiledProcess,
  Element,
  Flow,
  JobDefinition,
  Loop,
  Mappings,
} from './process-model.ts'
import { compileFeel, compileValue } from './feel.ts'
import type { XmlElement } from './bpmn-source.ts'
import {
  InvalidProcess,
  childOf,
  childrenOf,
  extensionOf,
  idOf,
  readBpmn,
  textOf,
} from './bpmn-source.ts'
import { checkElements } from './compile-checks.ts'
import { compileEvent, compileStartMessage } from './compile-events.ts'

/** Element while its parts are being found. */
export type ElementDraft = { -readonly [part in keyof Element]: Element[part] } & {
  outgoing: Flow[]
  incoming: number[]
  boundaries: number[]
  eventStarts: number[]
}

/** Compiles the executable processes of a file. Throws InvalidProcess, which names the element, for what cannot run. */
export async function compileBpmn(name: string, xml: string): Promise<readonly CompiledProcess[]> {
  const definitions = await readBpmn(name, xml)
  const processes = childrenOf(definitions, 'rootElements', 'bpmn:Process').filter(
    (process) => process['isExecutable'] === true,
  )
  if (processes.length === 0) throw new InvalidProcess(`${name} has no executable process`)
  return processes.map((process) => compileProcess(name, process))
}

function compileProcess(file: string, process: XmlElement): CompiledProcess {
  const elements: ElementDraft[] = []
  const sources: XmlElement[] = []
  const add = (source: XmlElement, scope: number): void => {
    const index = elements.length
    elements.push(atElement(file, source, () => compileElement(source, index, scope)))
    sources.push(source)
    for (const child of childrenOf(source, 'flowElements')) {
      if (child.$type !== 'bpmn:SequenceFlow' && !child.$type.startsWith('bpmn:Data'))
        add(child, index)
    }
  }
  add(process, -1)
  const indexOf = new Map(elements.map((element) => [element.id, element.index]))
  let flowCount = 0
  sources.forEach((source) => {
    for (const flow of childrenOf(source, 'flowElements', 'bpmn:SequenceFlow')) {
      atElement(file, flow, () => {
        connect({ flow, index: flowCount++, elements, indexOf })
      })
    }
  })
  elements.forEach((element, index) => {
    placeInScope(element, sources[index], { elements, indexOf })
  })
  atElement(file, process, () => {
    checkElements(elements)
  })
  const starts = elements.filter((element) => element.kind === 'START_EVENT' && element.scope === 0)
  return {
    bpmnProcessId: idOf(process),
    elements,
    messageStarts: starts.flatMap(({ index, event }) => {
      const message = compileStartMessage(event)
      return message === undefined ? [] : [{ name: message, element: index }]
    }),
    timerStarts: starts.filter(({ event }) => event.kind === 'timer').map(({ index }) => index),
  }
}

/** Says in whose XML a problem was found. */
function atElement<T>(file: string, source: XmlElement, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (error instanceof InvalidProcess && error.message.startsWith(file)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const place = `${file}, ${source.$type.replace('bpmn:', '')} '${idOf(source)}'`
    throw new InvalidProcess(`${place}: ${reason}`, { cause: error })
  }
}

function compileElement(source: XmlElement, index: number, scope: number): ElementDraft {
  const mapping = extensionOf(source, 'IoMapping')
  return {
    index,
    id: idOf(source),
    kind: kindOf(source),
    scope,
    outgoing: [],
    incoming: [],
    defaultFlow: undefined,
    event: compileEvent(source),
    job: compileJob(source),
    inputs: mapping && compileMappings(childrenOf(mapping, 'inputParameters')),
    outputs: mapping && compileMappings(childrenOf(mapping, 'outputParameters')),
    isInterrupting: source['cancelActivity'] !== false && source['isInterrupting'] !== false,
    boundaries: [],
    start: -1,
    eventStarts: [],
    loop: compileLoop(source),
    call: compileCall(source),
    script: compileScript(source),
  }
}

/** `bpmn:ServiceTask` → `SERVICE_TASK`. */
function kindOf(source: XmlElement): string {
  if (source['triggeredByEvent'] === true) return 'EVENT_SUB_PROCESS'
  const name = source.$type.replace('bpmn:', '')
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}

function compileJob(source: XmlElement): JobDefinition | undefined {
  const definition = extensionOf(source, 'TaskDefinition')
  const isUserTask = source.$type === 'bpmn:UserTask'
  if (definition === undefined && !isUserTask) return undefined
  const type = isUserTask ? 'io.camunda.zeebe:userTask' : textOf(definition, 'type')
  if (type === undefined) throw new InvalidProcess('its task definition has no type')
  const headers = extensionOf(source, 'TaskHeaders')
  return {
    type: compileValue(type),
    retries: compileValue(textOf(definition, 'retries') ?? '3'),
    headers: Object.fromEntries(
      (headers ? childrenOf(headers, 'values') : []).map((header) => [
        textOf(header, 'key') ?? '',
        textOf(header, 'value') ?? '',
      ]),
    ),
  }
}

function compileMappings(parameters: readonly XmlElement[]): Mappings | undefined {
  if (parameters.length === 0) return undefined
  const entries = parameters.map((parameter) => {
    const target = textOf(parameter, 'target') ?? ''
    if (!/^[^\s.=]+(\.[^\s.=]+)*$/.test(target)) {
      throw new InvalidProcess(`'${target}' cannot be the target of a mapping`)
    }
    const source = textOf(parameter, 'source') ?? ''
    const value = compileValue(source)
    const text = source.startsWith('=') ? value.source.trim() : JSON.stringify(source)
    return { path: target.split('.'), value, text: `${target}: ${text}` }
  })
  return { entries, text: `{${entries.map(({ text }) => text).join(',')}}` }
}

function compileLoop(source: XmlElement): Loop | undefined {
  const characteristics = childOf(source, 'loopCharacteristics')
  if (characteristics === undefined) return undefined
  const zeebe = extensionOf(characteristics, 'LoopCharacteristics')
  const inputCollection = textOf(zeebe, 'inputCollection')
  if (inputCollection === undefined) throw new InvalidProcess('its loop has no inputCollection')
  const outputElement = textOf(zeebe, 'outputElement')
  const condition = textOf(characteristics, 'completionCondition')
  return {
    isSequential: characteristics['isSequential'] === true,
    inputCollection: compileValue(inputCollection),
    inputElement: textOf(zeebe, 'inputElement'),
    outputCollection: textOf(zeebe, 'outputCollection'),
    outputElement: outputElement === undefined ? undefined : compileValue(outputElement),
    completionCondition:
      condition === undefined ? undefined : compileFeel(condition.replace(/^=/, '')),
  }
}

function compileCall(source: XmlElement): CalledElement | undefined {
  if (source.$type !== 'bpmn:CallActivity') return undefined
  const called = extensionOf(source, 'CalledElement')
  const processId = textOf(called, 'processId')
  if (processId === undefined) throw new InvalidProcess('it does not say which process it calls')
  return {
    processId: compileValue(processId),
    passesAllParentVariables: textOf(called, 'propagateAllParentVariables') !== 'false',
    passesAllChildVariables: textOf(called, 'propagateAllChildVariables') !== 'false',
  }
}

function compileScript(source: XmlElement): Element['script'] {
  const script = extensionOf(source, 'Script')
  if (script === undefined) return undefined
  return {
    expression: compileValue(textOf(script, 'expression') ?? ''),
    resultVariable: textOf(script, 'resultVariable') ?? '',
  }
}

type Places = {
  readonly elements: readonly ElementDraft[]
  readonly indexOf: ReadonlyMap<string, number>
}

function connect(at: Places & { readonly flow: XmlElement; readonly index: number }): void {
  const { flow, index, elements, indexOf } = at
  const from = elements[indexOf.get(idOf(childOf(flow, 'sourceRef'))) ?? -1]
  const to = elements[indexOf.get(idOf(childOf(flow, 'targetRef'))) ?? -1]
  if (from === undefined || to === undefined) throw new InvalidProcess('it has a loose end')
  if (from.scope !== to.scope) throw new InvalidProcess('it crosses the border of a sub-process')
  const condition = textOf(flow, 'conditionExpression')
  const compiled: Flow = {
    id: idOf(flow),
    index,
    target: to.index,
    condition: condition === undefined ? undefined : compileFeel(condition.replace(/^=/, '')),
  }
  from.outgoing.unshift(compiled)
  to.incoming.push(index)
}

function placeInScope(element: ElementDraft, source: XmlElement | undefined, at: Places): void {
  if (source === undefined) return
  const defaultId = idOf(childOf(source, 'default'))
  element.defaultFlow = element.outgoing.find((flow) => flow.id === defaultId)
  if (element.kind === 'BOUNDARY_EVENT') {
    const host = at.elements[at.indexOf.get(idOf(childOf(source, 'attachedToRef'))) ?? -1]
    if (host === undefined) throw new InvalidProcess(`boundary event '${element.id}' hangs nowhere`)
    host.boundaries.push(element.index)
  }
  const scope = at.elements[element.scope]
  if (element.kind !== 'START_EVENT' || scope === undefined) return
  if (scope.kind === 'EVENT_SUB_PROCESS') {
    scope.start = element.index
    at.elements[scope.scope]?.eventStarts.push(element.index)
  } else if (element.event.kind === 'none') scope.start = element.index
}
