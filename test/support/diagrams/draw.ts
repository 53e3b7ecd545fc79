import { readDiagram, type BpmnNode, type Box, type Diagram, type Point } from './diagram.ts'
import { drawSymbol } from './symbols.ts'
import { labelFontSize, labelLineHeight, nameFontSize, nameLineHeight, wrapWords } from './words.ts'

const margin = 20

/** Both colour schemes in one file: a picture in a README cannot be told which one the reader uses. */
const style = `
  svg { --ink: #24292f; --soft: #57606a; --card: #ffffff; --edge: #d0d7de; --task: #eef4fb; --good: #e6f4ea; --bad: #fbeaea }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --soft: #9aa4af; --card: #0d1117; --edge: #30363d; --task: #16263a; --good: #12301c; --bad: #3a1a1c }
  }
  .card { fill: var(--card); stroke: var(--edge) }
  .task { fill: var(--task); stroke: var(--ink); stroke-width: 1.5 }
  .event, .gateway { fill: var(--card); stroke: var(--ink); stroke-width: 1.5 }
  .start { fill: var(--good) }
  .end { stroke-width: 3.5 }
  .sign { fill: none; stroke: var(--ink); stroke-width: 1.3; stroke-linecap: round; stroke-linejoin: round }
  .solid { fill: var(--ink) }
  .bold { stroke-width: 2.6 }
  .dashed { stroke-dasharray: 4 3 }
  .flow { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-linejoin: round }
  .tip { fill: var(--soft) }
  text { fill: var(--ink); font-family: 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif; text-anchor: middle }
  .name { font-size: ${nameFontSize}px }
  .label { font-size: ${labelFontSize}px; fill: var(--soft); stroke: var(--card); stroke-width: 3; paint-order: stroke }`

/** Draws a .bpmn file, with its diagram, as an SVG picture that is readable on light and dark pages. Same file, same bytes. */
export async function drawBpmn(xml: string): Promise<string> {
  const diagram = await readDiagram(xml)
  const frame = frameOf(diagram)
  const nodes = new Map(diagram.nodes.map((node) => [node.id, node]))
  const flows = new Map(diagram.flows.map((flow) => [flow.id, flow]))
  const boundaryLast = [...diagram.shapes].sort(
    (one, other) => Number(isBoundary(nodes, one.id)) - Number(isBoundary(nodes, other.id)),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${frame.width} ${frame.height}" width="${frame.width}" height="${frame.height}" role="img">`,
    `<title>${escape(diagram.name)}</title>`,
    `<style>${style}\n</style>`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 1 L10 5 L0 9 z"/></marker></defs>',
    `<rect class="card" x="0.5" y="0.5" width="${frame.width - 1}" height="${frame.height - 1}" rx="8"/>`,
    `<g transform="translate(${margin - frame.x} ${margin - frame.y})">`,
    ...diagram.edges.map(({ id, waypoints }) =>
      drawFlow(waypoints, isDefault(nodes.get(flows.get(id)?.from ?? ''), id)),
    ),
    ...boundaryLast.map(({ id, box, label }) => {
      const node = nodes.get(id)
      return node ? drawNode(node, box, label ?? roomForName(diagram, id, box)) : ''
    }),
    ...diagram.edges.map(({ id, label }) => drawLabel(flows.get(id)?.name ?? '', label)),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function isBoundary(nodes: ReadonlyMap<string, BpmnNode>, id: string): boolean {
  return nodes.get(id)?.attachedTo !== undefined
}

function isDefault(source: BpmnNode | undefined, flowId: string): boolean {
  return source?.defaultFlow === flowId
}

function frameOf(diagram: Diagram): Box {
  const boxes = [...diagram.shapes, ...diagram.edges].flatMap(({ label }) => label ?? [])
  const shapes = diagram.shapes.map(({ box }) => box)
  const points = diagram.edges.flatMap(({ waypoints }) => waypoints)
  const all = [...boxes, ...shapes, ...points.map((point) => ({ ...point, width: 0, height: 0 }))]
  const x = Math.floor(Math.min(...all.map((box) => box.x)))
  const y = Math.floor(Math.min(...all.map((box) => box.y)))
  const right = Math.ceil(Math.max(...all.map((box) => box.x + box.width)))
  const bottom = Math.ceil(Math.max(...all.map((box) => box.y + box.height)))
  return { x, y, width: right - x + 2 * margin, height: bottom - y + 2 * margin }
}

function drawNode(node: BpmnNode, box: Box, label: Box): string {
  const inside = node.type.endsWith('Task') || node.type === 'CallActivity'
  const text = drawText(inside ? 'name' : 'label', node.name, label)
  const symbol = drawSymbol(node, box)
  return text === '' ? symbol : `${symbol}\n${text}`
}

/** A task's name stands in its middle, or above the events on its lower edge. */
function roomForName({ nodes }: Diagram, id: string, box: Box): Box {
  const taken = nodes.some(({ attachedTo }) => attachedTo === id) ? 14 : 0
  return { x: box.x + 8, y: box.y, width: box.width - 16, height: box.height - taken }
}

function drawLabel(name: string, box: Box | undefined): string {
  return box === undefined ? '' : drawText('label', name, box)
}

/** Lines in the middle of the box, as wide as it allows. */
function drawText(kind: 'name' | 'label', text: string, box: Box): string {
  const fontSize = kind === 'name' ? nameFontSize : labelFontSize
  const lines = wrapWords(text, fontSize, box.width)
  const x = round(box.x + box.width / 2)
  const lineHeight = kind === 'name' ? nameLineHeight : labelLineHeight
  const first = box.y + box.height / 2 - ((lines.length - 1) * lineHeight) / 2 + fontSize * 0.35
  return lines
    .map((line, row) => {
      return `<text class="${kind}" x="${x}" y="${round(first + row * lineHeight)}">${escape(line)}</text>`
    })
    .join('\n')
}

function drawFlow(waypoints: readonly Point[], marked: boolean): string {
  const path = waypoints.map((point, index) => roundedCorner(waypoints, point, index)).join(' ')
  const slash = marked ? `\n${drawDefaultSlash(waypoints)}` : ''
  return `<path class="flow" marker-end="url(#tip)" d="${path}"/>${slash}`
}

function roundedCorner(waypoints: readonly Point[], corner: Point, index: number): string {
  const before = waypoints[index - 1]
  const after = waypoints[index + 1]
  if (before === undefined) return `M${at(corner)}`
  if (after === undefined) return `L${at(corner)}`
  const radius = Math.min(8, distance(before, corner) / 2, distance(corner, after) / 2)
  return `L${at(towards(corner, before, radius))} Q${at(corner)} ${at(towards(corner, after, radius))}`
}

/** BPMN's mark of a default flow: a slash across its first few pixels. */
function drawDefaultSlash([start, next]: readonly Point[]): string {
  if (start === undefined || next === undefined) return ''
  const { x, y } = towards(start, next, 8)
  return `<path class="flow" d="M${at({ x: x - 4, y: y + 5 })} L${at({ x: x + 4, y: y - 5 })}"/>`
}

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to) || 1
  return {
    x: from.x + ((to.x - from.x) * length) / whole,
    y: from.y + ((to.y - from.y) * length) / whole,
  }
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
