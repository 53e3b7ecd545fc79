import type { BpmnNode, Box } from './diagram.ts'

/** The BPMN 2.0 symbol of a node, without its name. Throws a sentence for a kind of node that we do not draw. */
export function drawSymbol(node: BpmnNode, box: Box): string {
  if (node.type.endsWith('Task')) return drawTask(node.type, box)
  if (node.type === 'CallActivity') return drawRectangle('task bold', box)
  if (node.type.endsWith('Gateway')) return drawGateway(node.type, box)
  if (node.type.endsWith('Event')) return drawEvent(node, box)
  throw new Error(`no picture for a ${node.type} (${node.id})`)
}

function drawTask(type: string, box: Box): string {
  const sign = taskSigns[type]
  if (sign === undefined) throw new Error(`no picture for a ${type}`)
  return `${drawRectangle('task', box)}${place(sign, box.x + 10, box.y + 10, 0.65)}`
}

function drawRectangle(kind: string, { x, y, width, height }: Box): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`
}

function drawGateway(type: string, box: Box): string {
  const sign = gatewaySigns[type]
  if (sign === undefined) throw new Error(`no picture for a ${type}`)
  const { x, y } = middle(box)
  const diamond = `M${box.x} ${y} L${x} ${box.y} L${box.x + box.width} ${y} L${x} ${box.y + box.height} z`
  return `<path class="gateway" d="${diamond}"/>${place(sign, x, y, box.width / 50)}`
}

function drawEvent(node: BpmnNode, box: Box): string {
  const { x, y } = middle(box)
  const radius = box.width / 2
  const ring = node.type.startsWith('Intermediate') || node.type === 'BoundaryEvent'
  const dashes = node.interrupting ? '' : ' dashed'
  const kind = node.type === 'StartEvent' ? ' start' : node.type === 'EndEvent' ? ' end' : ''
  const throws = node.type === 'EndEvent' || node.type === 'IntermediateThrowEvent'
  return [
    `<circle class="event${kind}${dashes}" cx="${x}" cy="${y}" r="${radius}"/>`,
    ring ? `<circle class="sign${dashes}" cx="${x}" cy="${y}" r="${radius - 3.5}"/>` : '',
    place(eventSign(node, throws), x, y, box.width / 36),
  ].join('')
}

function eventSign(node: BpmnNode, throws: boolean): string {
  if (node.event === undefined) return ''
  const sign = eventSigns[node.event]
  if (sign === undefined) throw new Error(`no picture for a ${node.event} (${node.id})`)
  return throws ? sign.replace('class="sign"', 'class="sign solid"') : sign
}

function middle({ x, y, width, height }: Box): { readonly x: number; readonly y: number } {
  return { x: x + width / 2, y: y + height / 2 }
}

function place(sign: string, x: number, y: number, scale: number): string {
  return sign === '' ? '' : `<g transform="translate(${x} ${y}) scale(${scale})">${sign}</g>`
}

/** Drawn around 0,0 in a circle of radius 9. */
const envelope =
  '<path class="sign" d="M-8 -5.5 h16 v11 h-16 z"/><path class="sign" d="M-8 -5.5 L0 1.5 L8 -5.5"/>'

const eventSigns: Readonly<Record<string, string>> = {
  MessageEventDefinition: envelope,
  TimerEventDefinition:
    '<circle class="sign" r="9"/><path class="sign" d="M0 -6 V0 L4.5 3"/><path class="sign" d="M0 -9 v2 M9 0 h-2 M0 9 v-2 M-9 0 h2"/>',
  ErrorEventDefinition: '<path class="sign" d="M-8 7 L-3.5 -7 L2.5 3 L8 -7 L3.5 7 L-2.5 -2 z"/>',
  SignalEventDefinition: '<path class="sign" d="M0 -8 L8.5 6.5 H-8.5 z"/>',
  EscalationEventDefinition: '<path class="sign" d="M0 -8 L6.5 7.5 L0 1 L-6.5 7.5 z"/>',
  TerminateEventDefinition: '<circle class="sign solid" r="9"/>',
}

const gatewaySigns: Readonly<Record<string, string>> = {
  ExclusiveGateway: '<path class="sign bold" d="M-7 -8 L7 8 M7 -8 L-7 8"/>',
  ParallelGateway: '<path class="sign bold" d="M0 -11 V11 M-11 0 H11"/>',
  InclusiveGateway: '<circle class="sign bold" r="10"/>',
  EventBasedGateway:
    '<circle class="sign" r="13"/><circle class="sign" r="10.5"/><path class="sign" d="M0 -7 L6.7 -2.2 L4.1 5.7 H-4.1 L-6.7 -2.2 z"/>',
}

const gear =
  '<circle class="sign" r="3"/><circle class="sign" r="6"/><path class="sign" d="M0 -6 V-9 M0 6 V9 M6 0 H9 M-6 0 H-9 M4.2 4.2 L6.4 6.4 M-4.2 4.2 L-6.4 6.4 M4.2 -4.2 L6.4 -6.4 M-4.2 -4.2 L-6.4 -6.4"/>'

const taskSigns: Readonly<Record<string, string>> = {
  ServiceTask: gear,
  Task: '',
  SendTask: envelope.replaceAll('class="sign"', 'class="sign solid"'),
  ReceiveTask: envelope,
  UserTask:
    '<circle class="sign" cy="-4" r="3.5"/><path class="sign" d="M-7 8 C-7 -1 7 -1 7 8 z"/>',
  ScriptTask:
    '<path class="sign" d="M-5 -8 H7 M-7 8 H5 M-5 -8 C-10 -2 1 2 -7 8 M7 -8 C2 -2 13 2 5 8"/>',
  BusinessRuleTask: '<path class="sign" d="M-8 -6 h16 v12 h-16 z M-8 -2 h16 M-2 -2 v8"/>',
}
