import { BpmnModdle } from 'bpmn-moddle'
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json' with { type: 'json' }
import { readDiagram, type Box } from './diagram.ts'
import { parseDefinitions, type ModdleElement } from './moddle-element.ts'
import { layOut, type Layout } from './layout.ts'

/**
 * Gives a .bpmn file a new diagram in the place of the one it may have, and writes it in one form: two spaces, flows listed
 * at their nodes. Comments are lost: what must be said about a process belongs into `bpmn:documentation`.
 */
export async function layOutBpmn(xml: string): Promise<string> {
  const moddle = new BpmnModdle({ zeebe })
  const layout = await layOut(await readDiagram(xml))
  const { definitions, bpmnProcess } = await parseDefinitions(moddle, xml)
  listFlowsAtNodes(bpmnProcess.flowElements ?? [])
  definitions.set('diagrams', [toDiagram(moddle, bpmnProcess, layout)])
  const written = await moddle.toXML(definitions, { format: true })
  return written.xml
}

function listFlowsAtNodes(elements: readonly ModdleElement[]): void {
  const flows = elements.filter(({ $type }) => $type === 'bpmn:SequenceFlow')
  for (const node of elements.filter(({ $type }) => $type !== 'bpmn:SequenceFlow')) {
    node.set(
      'incoming',
      flows.filter(({ targetRef }) => targetRef?.id === node.id),
    )
    node.set(
      'outgoing',
      flows.filter(({ sourceRef }) => sourceRef?.id === node.id),
    )
  }
}

function toDiagram(moddle: BpmnModdle, bpmnProcess: ModdleElement, layout: Layout): unknown {
  const elements = new Map((bpmnProcess.flowElements ?? []).map((element) => [element.id, element]))
  const shapes = layout.shapes.map(({ id, box, label }) =>
    moddle.create('bpmndi:BPMNShape', {
      id: `${id}-shape`,
      bpmnElement: elements.get(id),
      bounds: toBounds(moddle, box),
      ...toLabel(moddle, label),
    }),
  )
  const edges = layout.edges.map(({ id, waypoints, label }) =>
    moddle.create('bpmndi:BPMNEdge', {
      id: `${id}-edge`,
      bpmnElement: elements.get(id),
      waypoint: waypoints.map(({ x, y }) =>
        moddle.create('dc:Point', { x: Math.round(x), y: Math.round(y) }),
      ),
      ...toLabel(moddle, label),
    }),
  )
  const plane = moddle.create('bpmndi:BPMNPlane', {
    id: 'plane',
    bpmnElement: bpmnProcess,
    planeElement: [...shapes, ...edges],
  })
  return moddle.create('bpmndi:BPMNDiagram', { id: 'diagram', plane })
}

function toLabel(moddle: BpmnModdle, box: Box | undefined): { readonly label?: unknown } {
  if (box === undefined) return {}
  return { label: moddle.create('bpmndi:BPMNLabel', { bounds: toBounds(moddle, box) }) }
}

function toBounds(moddle: BpmnModdle, { x, y, width, height }: Box): unknown {
  return moddle.create('dc:Bounds', {
    x: Math.round(x),
    y: Math.round(y),
    width: Math.round(width),
    height: Math.round(height),
  })
}
