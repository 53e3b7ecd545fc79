import type { Point } from '../support/diagrams/diagram.ts'
import type { BpmnProcess } from './bpmn-process.ts'
import { boxesOverlap, runsThrough, touches } from './geometry.ts'

/** A rule reads one process and returns its complaints. */
export type BpmnRule = (process: BpmnProcess) => readonly string[]

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** Every node has a shape and every flow an edge, and nothing is drawn twice. */
export const everythingIsDrawn: BpmnRule = ({ nodes, flows, shapes, edges }) => [
  ...differences('shape', nodes, shapes),
  ...differences('edge', flows, edges),
]

/** No two shapes overlap, but for an event on the edge of its own task. */
export const shapesStandApart: BpmnRule = ({ nodes, shapes }) => {
  const hosts = new Map(nodes.map(({ id, attachedTo }) => [id, attachedTo]))
  return shapes.flatMap((one, index) =>
    shapes
      .slice(index + 1)
      .filter((other) => hosts.get(one.id) !== other.id && hosts.get(other.id) !== one.id)
      .filter((other) => boxesOverlap(one.box, other.box))
      .map((other) => `${one.id} overlaps ${other.id}`),
  )
}

/** An edge starts and ends at its nodes, and runs across no other. */
export const flowsRunBetweenShapes: BpmnRule = ({ flows, shapes, edges }) =>
  flows.flatMap(({ id, from, to }) => {
    const waypoints = edges.find((edge) => edge.id === id)?.waypoints ?? []
    const endsAt = (point: Point | undefined, nodeId: string): boolean =>
      shapes.some((shape) => shape.id === nodeId && point && touches(point, shape.box))
    return [
      ...(endsAt(waypoints[0], from) ? [] : [`${id} does not start at ${from}`]),
      ...(endsAt(waypoints.at(-1), to) ? [] : [`${id} does not end at ${to}`]),
      ...shapes
        .filter((shape) => shape.id !== from && shape.id !== to)
        .filter((shape) => runsThrough(waypoints, shape.box))
        .map((shape) => `${id} runs across ${shape.id}`),
    ]
  })

/** A flow goes to the right, unless it closes a loop. */
export const flowsReadLeftToRight: BpmnRule = (process) => {
  const lefts = new Map(process.shapes.map(({ id, box }) => [id, box.x + box.width / 2]))
  return process.flows
    .filter(({ from, to }) => (lefts.get(to) ?? 0) <= (lefts.get(from) ?? 0))
    .filter(({ from, to }) => !reachable(process, to).has(from))
    .map(({ id }) => `${id} goes to the left without closing a loop`)
}

/** A fork by condition always has somewhere to go. */
export const forksHaveADefault: BpmnRule = ({ nodes, flows }) =>
  nodes
    .filter(({ type }) => type === 'ExclusiveGateway')
    .filter(({ id }) => flows.filter(({ from }) => from === id).length > 1)
    .filter(({ defaultFlow }) => defaultFlow === undefined)
    .map(({ id }) => `${id} has no default flow`)

/** Once funds are reserved, no end is reached but through a commit or a release, and one of them stays in reach. */
export const reservedFundsAreSettled: BpmnRule = (process) => {
  const ofType = (types: readonly string[]): ReadonlySet<string> =>
    new Set(
      [...process.jobTypes].flatMap(([id, type]) => (type && types.includes(type) ? [id] : [])),
    )
  const settling = ofType(['commit-funds', 'release-funds'])
  return [...ofType(['reserve-funds'])].flatMap((reserve) => {
    const held = reachable(process, reserve, { without: settling, boundary: false })
    const ends = process.nodes.filter(({ id, type }) => type === 'EndEvent' && held.has(id))
    const stuck = [...held].filter(
      (id) => !settling.has(id) && ![...reachable(process, id)].some((next) => settling.has(next)),
    )
    return [
      ...ends.map(({ id }) => `funds of ${reserve} are still held at ${id}`),
      ...stuck.map((id) => `from ${id} neither a commit nor a release of ${reserve} is in reach`),
    ]
  })
}

/** The process is called as its folder; job types and messages are kebab words; no bank's name is in any of them. */
export function namesFit(folder: string, banks: readonly string[]): BpmnRule {
  return (process) => {
    const types = [...process.jobTypes].map(([id, type]) => type ?? `(none at ${id})`)
    const words = [process.processId, ...types, ...process.messageNames]
    return [
      ...(process.processId === folder ? [] : [`process ${process.processId} is in ${folder}`]),
      ...words.filter((word) => !kebab.test(word)).map((word) => `${word} is not a kebab word`),
      ...words
        .filter((word) => banks.some((bank) => word.includes(bank)))
        .map((word) => `${word} names a bank`),
    ]
  }
}

/** Each job type of the diagram has a step, and each step a task. */
export function jobsAreServed(steps: readonly string[]): BpmnRule {
  return ({ jobTypes }) => {
    const types = new Set(jobTypes.values())
    return [
      ...[...types]
        .filter((type) => !type || !steps.includes(type))
        .map((type) => `nobody serves ${type}`),
      ...steps.filter((step) => !types.has(step)).map((step) => `no task calls ${step}`),
    ]
  }
}

/** Each code that the diagram catches is thrown by somebody, and each that it throws is caught by a process that calls it. */
export function errorsAreKnown(thrown: readonly string[]): BpmnRule {
  return ({ caughtErrors, thrownErrors }) =>
    caughtErrors
      .filter((code) => !thrown.includes(code) && !thrownErrors.includes(code))
      .map((code) => `nobody throws ${code}`)
}

/** Each message that the diagram waits for is published by name somewhere in the sources. */
export function messagesArePublished(sources: readonly { readonly text: string }[]): BpmnRule {
  return ({ messageNames }) =>
    messageNames
      .filter((name) => !sources.some(({ text }) => text.includes(`'${name}'`)))
      .map((name) => `nobody publishes ${name}`)
}

function differences(
  what: string,
  elements: readonly { readonly id: string }[],
  drawn: readonly { readonly id: string }[],
): readonly string[] {
  const counts = new Map<string, number>()
  for (const { id } of drawn) counts.set(id, (counts.get(id) ?? 0) + 1)
  const known = new Set(elements.map(({ id }) => id))
  return [
    ...elements
      .filter(({ id }) => counts.get(id) !== 1)
      .map(({ id }) => `${id} has not one ${what}`),
    ...drawn
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => `the ${what} of ${id} draws nothing`),
  ]
}

/** Ids that a token can come to from a node, the node itself aside unless a loop leads back; it stops at `without`. */
function reachable(
  { nodes, flows }: BpmnProcess,
  start: string,
  {
    without = new Set<string>(),
    boundary = true,
  }: { without?: ReadonlySet<string>; boundary?: boolean } = {},
): ReadonlySet<string> {
  const seen = new Set<string>()
  const next = (id: string, withBoundary: boolean): readonly string[] => [
    ...flows.filter(({ from }) => from === id).map(({ to }) => to),
    ...nodes.filter(({ attachedTo }) => withBoundary && attachedTo === id).map((node) => node.id),
  ]
  const open = [...next(start, boundary)]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    if (!without.has(id)) open.push(...next(id, true))
  }
  return seen
}
