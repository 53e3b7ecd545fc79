import { BpmnModdle } from 'bpmn-moddle'
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json' with { type: 'json' }
import { readDiagram, type Diagram } from '../support/diagrams/diagram.ts'
import { parseDefinitions, type ModdleElement } from '../support/diagrams/moddle-element.ts'

type Extended = ModdleElement & {
  readonly extensionElements?: { readonly values?: readonly { $type: string; type?: string }[] }
  readonly messageRef?: { readonly name?: string }
  readonly errorRef?: { readonly errorCode?: string }
}

/** What the rules ask about a workflow's file. */
export type BpmnProcess = Diagram & {
  /** Job type of each service task, by node id; undefined where the file names none. */
  readonly jobTypes: ReadonlyMap<string, string | undefined>
  /** Names of the messages that it waits for or starts by. */
  readonly messageNames: readonly string[]
  /** Codes that it catches, and codes that its own end events throw. */
  readonly caughtErrors: readonly string[]
  readonly thrownErrors: readonly string[]
}

/** Reads a .bpmn file with Zeebe's extensions. */
export async function readProcess(xml: string): Promise<BpmnProcess> {
  const { bpmnProcess } = await parseDefinitions(new BpmnModdle({ zeebe }), xml)
  const elements: readonly Extended[] = bpmnProcess.flowElements ?? []
  const tasks = elements.filter(({ $type }) => /(Service|Send|Script)Task$/.test($type))
  return {
    ...(await readDiagram(xml)),
    jobTypes: new Map(tasks.map((task) => [task.id, jobTypeOf(task)])),
    messageNames: elements.flatMap((element) =>
      [element, ...eventsOf(element)].flatMap(({ messageRef }) => messageRef?.name ?? []),
    ),
    caughtErrors: errorsOf(elements, 'bpmn:BoundaryEvent'),
    thrownErrors: errorsOf(elements, 'bpmn:EndEvent'),
  }
}

function jobTypeOf({ extensionElements }: Extended): string | undefined {
  return extensionElements?.values?.find(({ $type }) => $type === 'zeebe:TaskDefinition')?.type
}

function errorsOf(elements: readonly Extended[], type: string): readonly string[] {
  return elements
    .filter(({ $type }) => $type === type)
    .flatMap(eventsOf)
    .flatMap(({ errorRef }) => errorRef?.errorCode ?? [])
}

function eventsOf(element: Extended): readonly Extended[] {
  return element.eventDefinitions ?? []
}
