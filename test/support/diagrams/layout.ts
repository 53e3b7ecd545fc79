import ElkModule, {
  type ElkExtendedEdge,
  type ElkLabel,
  type ElkNode,
  type ElkPort,
  type LayoutOptions,
} from 'elkjs/lib/elk.bundled.js'
import type { BpmnEdge, BpmnFlow, BpmnNode, BpmnShape, Box, Diagram } from './diagram.ts'
import { mainWays } from './main-ways.ts'
import { labelFontSize, labelLineHeight, textWidth, wrapWords } from './words.ts'

export type Layout = { readonly shapes: readonly BpmnShape[]; readonly edges: readonly BpmnEdge[] }

type Size = { readonly width: number; readonly height: number }
type Side = 'EAST' | 'SOUTH' | 'NORTH'

const taskSize: Size = { width: 120, height: 76 }
const eventSize: Size = { width: 36, height: 36 }
const gatewaySize: Size = { width: 46, height: 46 }
const labelWidthMax = 90
const gap = 4

const options: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.nodeNode': '30',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.thoroughness': '100',
  'elk.randomSeed': '1',
}

/**
 * Places the nodes of a process from left to right and routes its flows around them. The flow that has
 * the longest way to go is a gateway's main one: it goes straight on; the others leave at the lower or upper corner.
 */
export async function layOut(diagram: Diagram): Promise<Layout> {
  const plan = planOf(diagram)
  const roots = diagram.nodes.filter(({ attachedTo }) => attachedTo === undefined)
  const graph: ElkNode = await new ElkModule.default().layout({
    id: diagram.processId,
    layoutOptions: options,
    children: roots.map((node) => toElkNode(node, plan)),
    edges: diagram.flows.map((flow) => toElkEdge(flow, plan)),
  })
  return {
    shapes: graph.children?.flatMap((node) => toShapes(node, diagram)) ?? [],
    edges: graph.edges?.map(toEdge) ?? [],
  }
}

type Plan = {
  readonly diagram: Diagram
  readonly sides: ReadonlyMap<string, Side>
  readonly main: ReadonlySet<string>
}

function planOf(diagram: Diagram): Plan {
  const ways = mainWays(diagram)
  const sides = new Map<string, Side>()
  for (const node of diagram.nodes) {
    const leaving = diagram.flows.filter(({ from }) => from === node.id)
    const main = leaving.filter(({ id }) => ways.has(id))
    const others = leaving.filter(({ id }) => !ways.has(id))
    ;[...main, ...others].forEach(({ id }, index) => sides.set(id, sideOf(node, index)))
  }
  return { diagram, sides, main: ways }
}

function sideOf(node: BpmnNode, index: number): Side {
  if (node.attachedTo !== undefined) return 'SOUTH'
  if (index === 0 || !node.type.endsWith('Gateway')) return 'EAST'
  return index === 2 ? 'NORTH' : 'SOUTH'
}

function toElkNode(node: BpmnNode, { diagram, sides }: Plan): ElkNode {
  const leaving = diagram.flows.filter(({ from }) => from === node.id)
  const used = new Set(leaving.map(({ id }) => sides.get(id)))
  const boundary = diagram.nodes.filter(({ attachedTo }) => attachedTo === node.id)
  return {
    id: node.id,
    ...sizeOf(node),
    layoutOptions: {
      'elk.portConstraints': 'FIXED_POS',
      'elk.nodeLabels.placement': '',
      'elk.portLabels.placement': '',
    },
    labels: nodeLabels(node, used.has('NORTH')),
    ports: [
      ...(['WEST', 'EAST', 'SOUTH', 'NORTH'] as const)
        .filter((side) => side === 'WEST' || used.has(side))
        .map((side) => cornerPort(node, side)),
      ...boundary.map((event, index) => boundaryPort(event, (index + 1) / (boundary.length + 1))),
    ],
  }
}

function sizeOf({ type }: BpmnNode): Size {
  if (type.endsWith('Event')) return eventSize
  return type.endsWith('Gateway') ? gatewaySize : taskSize
}

/** Names stand below events and above gateways, beside the flow that leaves a gateway upwards. */
function nodeLabels(node: BpmnNode, flowAbove: boolean): ElkLabel[] {
  const { width, height } = sizeOf(node)
  if (node.name === '' || !/(Event|Gateway)$/.test(node.type)) return []
  const size = labelSize(node.name)
  if (node.type.endsWith('Event')) {
    return [{ text: node.name, ...size, x: (width - size.width) / 2, y: height + gap }]
  }
  const x = flowAbove ? width / 2 - 2 * gap - size.width : (width - size.width) / 2
  return [{ text: node.name, ...size, x, y: -size.height - gap / 2 }]
}

function labelSize(text: string): Size {
  const lines = wrapWords(text, labelFontSize, labelWidthMax)
  const widths = lines.map((line) => textWidth(line, labelFontSize))
  return { width: Math.ceil(Math.max(...widths)) + 2, height: lines.length * labelLineHeight }
}

const corners = {
  WEST: { x: 0, y: 0.5 },
  EAST: { x: 1, y: 0.5 },
  SOUTH: { x: 0.5, y: 1 },
  NORTH: { x: 0.5, y: 0 },
} as const

function cornerPort(node: BpmnNode, side: Side | 'WEST'): ElkPort {
  const { width, height } = sizeOf(node)
  return {
    id: `${node.id} ${side}`,
    x: corners[side].x * width,
    y: corners[side].y * height,
    width: 0,
    height: 0,
    layoutOptions: { 'elk.port.side': side },
  }
}

/** A boundary event is a port as large as the event, half over the lower edge of its task. */
function boundaryPort(node: BpmnNode, share: number): ElkPort {
  const size = labelSize(node.name)
  return {
    id: `${node.id} SOUTH`,
    ...eventSize,
    x: taskSize.width * share - eventSize.width / 2,
    y: taskSize.height - eventSize.height / 2,
    layoutOptions: {
      'elk.port.side': 'SOUTH',
      'elk.port.borderOffset': String(-eventSize.height / 2),
    },
    labels: [
      {
        text: node.name,
        ...size,
        x: eventSize.width + gap / 2,
        y: eventSize.height / 2 + gap / 2,
      },
    ],
  }
}

function toElkEdge(flow: BpmnFlow, { sides, main }: Plan): ElkExtendedEdge {
  return {
    id: flow.id,
    sources: [`${flow.from} ${sides.get(flow.id) ?? 'EAST'}`],
    targets: [`${flow.to} WEST`],
    labels: flow.name === '' ? [] : [{ text: flow.name, ...labelSize(flow.name) }],
    layoutOptions: {
      'elk.edgeLabels.placement': 'TAIL',
      ...(main.has(flow.id) && {
        'elk.layered.priority.straightness': '1000',
        'elk.layered.priority.direction': '10',
      }),
    },
  }
}

function toShapes(node: ElkNode, { nodes }: Diagram): readonly BpmnShape[] {
  const box = boxOf(node, { x: 0, y: 0 })
  const boundary = (node.ports ?? []).filter(({ width }) => width === eventSize.width)
  return [
    { id: node.id, box, label: labelOf(node, box) },
    ...boundary.map((port) => {
      const id = nodes.find((other) => port.id === `${other.id} SOUTH`)?.id ?? port.id
      return { id, box: boxOf(port, box), label: labelOf(port, boxOf(port, box)) }
    }),
  ]
}

function labelOf(element: ElkNode | ElkPort, origin: Box): Box | undefined {
  const label = element.labels?.[0]
  return label && boxOf(label, origin)
}

function toEdge(edge: ElkExtendedEdge): BpmnEdge {
  const section = edge.sections?.[0]
  if (section === undefined) throw new Error(`flow ${edge.id} found no way`)
  const label = edge.labels?.[0]
  return {
    id: edge.id,
    waypoints: [section.startPoint, ...(section.bendPoints ?? []), section.endPoint],
    label: label && boxOf(label, { x: 0, y: 0 }),
  }
}

function boxOf(
  { x = 0, y = 0, width = 0, height = 0 }: ElkNode | ElkPort | ElkLabel,
  origin: { readonly x: number; readonly y: number },
): Box {
  return { x: origin.x + x, y: origin.y + y, width, height }
}
