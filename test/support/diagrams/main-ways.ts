import type { BpmnFlow, Diagram } from './diagram.ts'

/**
 * One flow for each node that has any: the one with the longest way to an end, loops aside; of equals the first in the file.
 * Together they hold the path that a reader's eye should follow in a straight line.
 */
export function mainWays(diagram: Diagram): ReadonlySet<string> {
  const backward = backwardFlows(diagram)
  const lengths = new Map<string, number>()
  const lengthFrom = (nodeId: string): number => {
    const known = lengths.get(nodeId)
    if (known !== undefined) return known
    const forward = leaving(diagram, nodeId).filter(({ id }) => !backward.has(id))
    const length = Math.max(0, ...forward.map(({ to }) => 1 + lengthFrom(to)))
    lengths.set(nodeId, length)
    return length
  }
  const rank = ({ id, to }: BpmnFlow) => (backward.has(id) ? -1 : lengthFrom(to))
  return new Set(
    diagram.nodes
      .flatMap(({ id }) => {
        const flows = leaving(diagram, id)
        return flows.toSorted((one, other) => rank(other) - rank(one)).slice(0, 1)
      })
      .map(({ id }) => id),
  )
}

/** The flows that close a loop: those that lead to a node from which the walk from the start has just come. */
export function backwardFlows(diagram: Diagram): ReadonlySet<string> {
  const backward = new Set<string>()
  const seen = new Set<string>()
  const open = new Set<string>()
  const visit = (nodeId: string): void => {
    seen.add(nodeId)
    open.add(nodeId)
    for (const flow of leavingWithBoundary(diagram, nodeId)) {
      if (open.has(flow.to)) backward.add(flow.id)
      else if (!seen.has(flow.to)) visit(flow.to)
    }
    open.delete(nodeId)
  }
  for (const { id, type } of diagram.nodes) if (type === 'StartEvent') visit(id)
  return backward
}

function leaving({ flows }: Diagram, nodeId: string): readonly BpmnFlow[] {
  return flows.filter(({ from }) => from === nodeId)
}

function leavingWithBoundary(diagram: Diagram, nodeId: string): readonly BpmnFlow[] {
  const attached = diagram.nodes.filter(({ attachedTo }) => attachedTo === nodeId)
  return [nodeId, ...attached.map(({ id }) => id)].flatMap((id) => leaving(diagram, id))
}
