import { beforeAll, describe, expect, it } from '@jest/globals'
import { readDiagram } from '../support/diagrams/diagram.ts'
import { drawBpmn } from '../support/diagrams/draw.ts'
import { backwardFlows, mainWays } from '../support/diagrams/main-ways.ts'
import { wrapWords } from '../support/diagrams/words.ts'
import { layOutBpmn } from '../support/diagrams/write.ts'
import { readProcess } from './bpmn-process.ts'
import {
  everythingIsDrawn,
  errorsAreKnown,
  flowsReadLeftToRight,
  flowsRunBetweenShapes,
  forksHaveADefault,
  jobsAreServed,
  messagesArePublished,
  namesFit,
  reservedFundsAreSettled,
  shapesStandApart,
  type BpmnRule,
} from './bpmn-rules.ts'
import { read } from './tree.ts'

const sample = read('test/support/diagrams/sample.bpmn').text
let laidOut = ''

beforeAll(async () => {
  laidOut = await layOutBpmn(sample)
})

describe('a layout', () => {
  it.each<[string, BpmnRule]>([
    ['draws everything', everythingIsDrawn],
    ['keeps shapes apart', shapesStandApart],
    ['leads flows around shapes', flowsRunBetweenShapes],
    ['reads from left to right', flowsReadLeftToRight],
  ])('%s', async (_, rule) => {
    expect(rule(await readProcess(laidOut))).toEqual([])
  })

  it('is the same for the same file, also when made anew', async () => {
    expect(await layOutBpmn(laidOut)).toBe(laidOut)
  })

  it('changes nothing but the diagram', async () => {
    const { shapes, edges, ...before } = await readProcess(sample)
    expect([...shapes, ...edges]).toEqual([])
    expect(await readProcess(laidOut)).toMatchObject(before)
  })

  it('puts an event on the lower edge of its task', async () => {
    const { shapes } = await readDiagram(laidOut)
    const task = shapes.find(({ id }) => id === 'find-payee')!.box
    const event = shapes.find(({ id }) => id === 'payee-unknown')!.box
    expect(event.y + event.height / 2).toBe(task.y + task.height)
    expect(event.x).toBeGreaterThan(task.x)
  })

  it('leads the eye along the longest way and knows what goes back', async () => {
    const diagram = await readDiagram(sample)
    expect([...backwardFlows(diagram)].toSorted()).toEqual([
      'ask-outcome-to-wait-transfer',
      'operator-decided-to-commit-funds',
      'outcome-to-wait-transfer',
    ])
    expect([...mainWays(diagram)]).toContain('party-given-to-request-quote')
  })
})

describe('a picture', () => {
  it('holds each name, each flow and a symbol for each kind of event', async () => {
    const svg = await drawBpmn(laidOut)
    const words = svg.replace(/<[^>]*>/g, ' ')
    expect(words).toMatch(/Reserve\s+funds/)
    expect(words).toContain('not an answer')
    const { flows, nodes } = await readDiagram(laidOut)
    expect(svg.match(/marker-end/g)).toHaveLength(flows.length)
    expect(svg.match(/<circle class="event/g)).toHaveLength(
      nodes.filter(({ type }) => type.endsWith('Event')).length,
    )
  })

  it('is drawn in dark colours for a dark page', async () => {
    expect(await drawBpmn(laidOut)).toContain('prefers-color-scheme: dark')
  })

  it('is refused for what it cannot show', async () => {
    const odd = laidOut.replaceAll('bpmn:exclusiveGateway', 'bpmn:complexGateway')
    await expect(drawBpmn(odd)).rejects.toThrow('no picture for a ComplexGateway')
  })

  it('wraps names between words', () => {
    expect(wrapWords('Check quote against order', 15, 100)).toEqual([
      'Check quote',
      'against order',
    ])
    expect(wrapWords('Unbreakablewordofgreatlength', 15, 20)).toHaveLength(1)
  })
})

describe('a planted mistake in a workflow is found:', () => {
  const steps = ['find-payee', 'reserve-funds']
  it.each<[string, BpmnRule, (xml: string) => string, string]>([
    [
      'shape',
      everythingIsDrawn,
      without(/<bpmndi:BPMNShape id="tell.*?<\/bpmndi:BPMNShape>/s),
      'tell-client has not one shape',
    ],
    [
      'edge',
      everythingIsDrawn,
      without(/<bpmndi:BPMNEdge id="tell.*?<\/bpmndi:BPMNEdge>/s),
      'tell-client-to-committed has not one edge',
    ],
    [
      'overlap',
      shapesStandApart,
      move('tell-client', 'commit-funds'),
      'commit-funds overlaps tell-client',
    ],
    [
      'crossing',
      flowsRunBetweenShapes,
      stretch,
      'transfer-asked-to-find-payee runs across wait-party',
    ],
    [
      'loose end',
      flowsRunBetweenShapes,
      move('tell-client', 'find-payee'),
      'does not start at tell-client',
    ],
    ['to the left', flowsReadLeftToRight, move('committed', 'find-payee'), 'goes to the left'],
    [
      'no default',
      forksHaveADefault,
      without(/default="outcome[^"]*"/),
      'outcome has no default flow',
    ],
    [
      'held for ever',
      reservedFundsAreSettled,
      (xml) => xml.replaceAll('"release-funds"', '"give-up"'),
      'are still held at aborted',
    ],
    ['name', namesFit('another', []), same, 'process sample is in another'],
    ['bank', namesFit('sample', ['payee']), same, 'find-payee names a bank'],
    [
      'case',
      namesFit('sample', []),
      (xml) => xml.replace('type="tell-client"', 'type="tellClient"'),
      'tellClient is not a kebab word',
    ],
    ['no step', jobsAreServed(steps), same, 'nobody serves tell-client'],
    ['no task', jobsAreServed([...steps, 'fly']), same, 'no task calls fly'],
    ['error', errorsAreKnown(['refused']), same, 'nobody throws booking-refused'],
    [
      'message',
      messagesArePublished([{ text: "'party-answered'" }]),
      same,
      'nobody publishes quote-answered',
    ],
  ])('%s', async (_, rule, change, complaint) => {
    const found = rule(await readProcess(change(laidOut)))
    expect(found.join('\n')).toContain(complaint)
  })
})

function same(xml: string): string {
  return xml
}

function without(pattern: RegExp): (xml: string) => string {
  return (xml) => xml.replace(pattern, '')
}

/** Draws a node where another one is. */
function move(id: string, where: string): (xml: string) => string {
  const boundsOf = (nodeId: string): RegExp =>
    new RegExp(`(bpmnElement="${nodeId}">\\s*)(<dc:Bounds[^>]*>)`)
  return (xml) => xml.replace(boundsOf(id), `$1${boundsOf(where).exec(xml)?.[2] ?? ''}`)
}

/** Draws the first flow of the sample far to the right, through all that stands there. */
function stretch(xml: string): string {
  const secondPoint = /id="transfer-asked-to-find-payee-edge".*?<di:waypoint.*?<di:waypoint x="/s
  return xml.replace(new RegExp(`(${secondPoint.source})\\d+`, 's'), (_, start) => `${start}2000`)
}
