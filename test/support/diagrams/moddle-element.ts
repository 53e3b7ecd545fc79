import assert from 'node:assert/strict'
import type { BpmnModdle } from 'bpmn-moddle'

type Bounds = {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
type Plane = { readonly planeElement?: readonly ModdleElement[] }

/** An element of a parsed .bpmn file, as far as the tools of this folder look at it. */
export type ModdleElement = {
  readonly $type: string
  readonly id: string
  readonly name?: string
  readonly flowElements?: readonly ModdleElement[]
  readonly eventDefinitions?: readonly ModdleElement[]
  readonly attachedToRef?: ModdleElement
  readonly cancelActivity?: boolean
  readonly isInterrupting?: boolean
  readonly default?: ModdleElement
  readonly sourceRef?: ModdleElement
  readonly targetRef?: ModdleElement
  readonly bpmnElement?: ModdleElement
  readonly bounds?: Bounds
  readonly waypoint?: readonly { readonly x: number; readonly y: number }[]
  readonly label?: { readonly bounds?: Bounds }
  set(property: string, value: unknown): void
}

export type Definitions = ModdleElement & {
  readonly rootElements?: readonly ModdleElement[]
  readonly diagrams?: readonly { readonly plane?: Plane }[]
}

/** Parses a file of exactly one process; throws a sentence for any other, and for one that bpmn-moddle warns about. */
export async function parseDefinitions(
  moddle: BpmnModdle,
  xml: string,
): Promise<{ readonly definitions: Definitions; readonly bpmnProcess: ModdleElement }> {
  const { rootElement, warnings } = await moddle.fromXML(xml)
  assert(warnings.length === 0, `not valid BPMN: ${warnings[0]?.message ?? ''}`)
  const definitions = rootElement as Definitions
  const [bpmnProcess, ...others] =
    definitions.rootElements?.filter(({ $type }) => $type === 'bpmn:Process') ?? []
  assert(bpmnProcess && others.length === 0, 'a file holds exactly one process')
  return { definitions, bpmnProcess }
}
