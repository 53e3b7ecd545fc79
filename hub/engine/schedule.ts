import type { Clock } from '../clock.ts'

/** Something that shall happen; `isOpen` false = no longer. */
export type Alarm = {
  readonly dueAt: number
  readonly order: number
  readonly ring: () => void
  isOpen: boolean
}

/** Alarms in order of their time, of which only the earliest occupies the clock. */
export interface Schedule {
  add(dueAt: number, ring: () => void): Alarm
  cancel(alarm: Alarm): void
  /** Forgets all alarms. */
  clear(): void
  /** Sets the clock for the earliest alarm, not before `earliestAt`. To be called after alarms were added. */
  arm(earliestAt?: number): void
}

/** A heap of alarms over one timer of the clock. Alarms that are due ring in order of time, then of adding. */
export function createSchedule(clock: Clock): Schedule {
  let heap: Alarm[] = []
  let order = 0
  let closedCount = 0
  let armed: { readonly at: number; readonly disarm: () => void } | undefined
  const disarm = (): void => {
    armed?.disarm()
    armed = undefined
  }
  const earliest = (): Alarm | undefined => {
    while (heap[0]?.isOpen === false) {
      pop(heap)
      closedCount--
    }
    return heap[0]
  }
  const ringDue = (): void => {
    armed = undefined
    for (let first = earliest(); first !== undefined; first = earliest()) {
      if (first.dueAt > clock.now()) break
      pop(heap)
      first.isOpen = false
      first.ring()
    }
    arm()
  }
  const arm = (earliestAt = 0): void => {
    const first = earliest()
    if (first === undefined) {
      disarm()
      return
    }
    const at = Math.max(first.dueAt, earliestAt)
    if (armed?.at === at) return
    disarm()
    armed = { at, disarm: clock.after(Math.max(0, at - clock.now()), ringDue) }
  }
  return {
    add: (dueAt, ring) => {
      const alarm = { dueAt, order: order++, ring, isOpen: true }
      push(heap, alarm)
      return alarm
    },
    cancel: (alarm) => {
      if (!alarm.isOpen) return
      alarm.isOpen = false
      closedCount++
      if (closedCount < 1000 || closedCount * 2 < heap.length) return
      heap = heap.filter(({ isOpen }) => isOpen).sort(compare)
      closedCount = 0
    },
    clear: () => {
      heap = []
      closedCount = 0
      disarm()
    },
    arm,
  }
}

function compare(a: Alarm, b: Alarm): number {
  return a.dueAt - b.dueAt || a.order - b.order
}

function push(heap: Alarm[], alarm: Alarm): void {
  let at = heap.length
  heap.push(alarm)
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt]
    if (parent === undefined || compare(parent, alarm) <= 0) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = alarm
}

function pop(heap: Alarm[]): Alarm | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    const leftAt = at * 2 + 1
    const left = heap[leftAt]
    const right = heap[leftAt + 1]
    if (left === undefined) break
    const isRight = right !== undefined && compare(right, left) < 0
    const child = isRight ? right : left
    if (compare(last, child) <= 0) break
    heap[at] = child
    at = isRight ? leftAt + 1 : leftAt
  }
  heap[at] = last
  return first
}
