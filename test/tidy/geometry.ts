import type { Box, Point } from '../support/diagrams/diagram.ts'

/** Rounding to whole pixels may move a line by one. */
const tolerance = 1.5

export function boxesOverlap(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  )
}

/** Whether a point lies on the edge of a box or, as for a diamond or circle, within its bounds. */
export function touches(point: Point, box: Box): boolean {
  return (
    point.x >= box.x - tolerance &&
    point.x <= box.x + box.width + tolerance &&
    point.y >= box.y - tolerance &&
    point.y <= box.y + box.height + tolerance
  )
}

/** Whether a line of upright and level pieces runs through a box. */
export function runsThrough(waypoints: readonly Point[], box: Box): boolean {
  const inner: Box = {
    x: box.x + tolerance,
    y: box.y + tolerance,
    width: box.width - 2 * tolerance,
    height: box.height - 2 * tolerance,
  }
  return waypoints.some((to, index) => {
    const from = waypoints[index - 1]
    return from !== undefined && boxesOverlap(pieceOf(from, to), inner)
  })
}

function pieceOf(from: Point, to: Point): Box {
  return {
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.max(Math.abs(from.x - to.x), 0.1),
    height: Math.max(Math.abs(from.y - to.y), 0.1),
  }
}
