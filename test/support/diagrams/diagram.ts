import assert from 'node:assert/strict'
import { BpmnModdle } from 'bpmn-moddle'
import { parseDefinitions, type Definitions, type ModdleElement } from './moddle-element.ts'

export type Point = { readonly x: number; readonly y: number }
export type Box = Point & { readonly width: number; readonly height: number }

/** A flow node of a process. `type` without the prefix: "ServiceTask". */
export type BpmnNode = {
  readonly id: string
  readonly type: string
  readonly name: string
  /** "MessageEventDefinition" and so on; undefined for a plain event and for all that is not an event. */
  readonly event: string | undefined
  /** The id of the task whose edge a boundary event sits on. */
  readonly attachedTo: string | undefined
  readonly interrupting: boolean
  readonly defaultFlow: string | undefined
}

export type BpmnFlow = {
  readonly id: string
  readonly name: string
  readonly from: string
  readonly to: string
}

export type BpmnShape = { readonly id: string; readonly box: Box; readonly label: Box | undefined }
export type BpmnEdge = {
  readonly id: string
  readonly waypoints: readonly Point[]
  readonly label: Box | undefined
}

/** One process and its picture, as far as the tools of this folder need them. */
export type Diagram = {
  readonly processId: string
  readonly name: string
  readonly nodes: readonly BpmnNode[]
  readonly flows: readonly BpmnFlow[]
  readonly shapes: readonly BpmnShape[]
  readonly edges: readonly BpmnEdge[]
}

/** Reads a .bpmn file with one process, no lanes and no sub-processes. Throws a sentence for any other. */
export async function readDiagram(xml: string): Promise<Diagram> {
  const { definitions, bpmnProcess } = await parseDefinitions(new BpmnModdle({}), xml)
  const elements = bpmnProcess.flowElements ?? []
  const planeElements = drawnElements(definitions)
  return {
    processId: bpmnProcess.id,
    name: bpmnProcess.name ?? bpmnProcess.id,
    nodes: elements.filter((element) => !isA('bpmn:SequenceFlow')(element)).map(toNode),
    flows: elements.filter(isA('bpmn:SequenceFlow')).map(toFlow),
    shapes: planeElements.filter(isA('bpmndi:BPMNShape')).map(toShape),
    edges: planeElements.filter(isA('bpmndi:BPMNEdge')).map(toEdge),
  }
}

function drawnElements(definitions: Definitions): readonly ModdleElement[] {
  return definitions.diagrams?.[0]?.plane?.planeElement ?? []
}

function isA(type: string): (element: ModdleElement) => boolean {
  return (element) => element.$type === type
}

function toNode(element: ModdleElement): BpmnNode {
  return {
    id: element.id,
    type: element.$type.replace('bpmn:', ''),
    name: element.name ?? '',
    event: element.eventDefinitions?.[0]?.$type.replace('bpmn:', ''),
    attachedTo: element.attachedToRef?.id,
    interrupting: element.cancelActivity !== false && element.isInterrupting !== false,
    defaultFlow: element.default?.id,
  }
}

function toFlow({ id, name, sourceRef, targetRef }: ModdleElement): BpmnFlow {
  assert(sourceRef && targetRef, `flow ${id} has no two ends`)
  return { id, name: name ?? '', from: sourceRef.id, to: targetRef.id }
}

function toShape({ id, bpmnElement, bounds, label }: ModdleElement): BpmnShape {
  assert(bpmnElement && bounds, `shape ${id} draws nothing`)
  return { id: bpmnElement.id, box: toBox(bounds), label: label?.bounds && toBox(label.bounds) }
}

function toEdge({ id, bpmnElement, waypoint, label }: ModdleElement): BpmnEdge {
  assert(bpmnElement && waypoint, `edge ${id} draws nothing`)
  return {
    id: bpmnElement.id,
    waypoints: waypoint.map(({ x, y }) => ({ x, y })),
    label: label?.bounds && toBox(label.bounds),
  }
}

function toBox({ x, y, width, height }: Box): Box {
  return { x, y, width, height }
}
