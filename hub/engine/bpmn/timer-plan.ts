import type { Json } from '../engine.ts'

/** BPMN's three ways to say when. */
export type TimerKind = 'duration' | 'date' | 'cycle'

/** When a timer fires first, how often it does (-1 = for ever) and how long it waits in between (ISO 8601). */
export type TimerPlan = {
  readonly dueAt: number
  readonly repetitions: number
  readonly interval: string | undefined
}

/** Reads an ISO 8601 duration, date with zone, or cycle `R3/PT10S`. Throws a sentence for anything else. */
export function planTimer(kind: TimerKind, value: Json, nowMs: number): TimerPlan {
  if (typeof value !== 'string') {
    throw new Error(`a ${kind} must be text, not ${JSON.stringify(value)}`)
  }
  if (kind === 'cycle') return planCycle(value, nowMs)
  const dueAt = kind === 'duration' ? addDuration(nowMs, value) : readDate(value)
  return { dueAt, repetitions: 1, interval: undefined }
}

function planCycle(value: string, nowMs: number): TimerPlan {
  const [repeat = '', ...rest] = value.split('/')
  const count = /^R(-1|\d*)$/.exec(repeat)
  const interval = rest.at(-1)
  if (count === null || interval === undefined || rest.length > 2) {
    throw new Error(`invalid cycle '${value}'`)
  }
  const startAt = rest.length === 2 ? readDate(rest[0] ?? '') : addDuration(nowMs, interval)
  return { dueAt: startAt, repetitions: count[1] ? Number(count[1]) : -1, interval }
}

const durationFormat =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** The time an ISO 8601 duration later, in UTC; the 31st plus one month is the last of the next. */
export function addDuration(fromMs: number, duration: string): number {
  const parts = durationFormat.exec(duration)
  if (parts === null) throw new Error(`invalid duration '${duration}'`)
  const [years, months, weeks, days, hours, minutes, seconds] = parts
    .slice(1)
    .map((n) => Number(n || 0))
  const movedMs = addMonths(fromMs, (years ?? 0) * 12 + (months ?? 0))
  const hoursTotal = ((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)
  return movedMs + Math.round(((hoursTotal * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000)
}

function addMonths(fromMs: number, months: number): number {
  if (months === 0) return fromMs
  const from = new Date(fromMs)
  const to = new Date(fromMs)
  to.setUTCMonth(from.getUTCMonth() + months)
  if (to.getUTCDate() !== from.getUTCDate()) to.setUTCDate(0)
  return to.getTime()
}

function readDate(text: string): number {
  const withoutZoneName = text.replace(/\[.*\]$/, '')
  const at = /(Z|[+-]\d\d:?\d\d)$/.test(withoutZoneName) ? Date.parse(withoutZoneName) : NaN
  if (Number.isNaN(at)) throw new Error(`invalid date '${text}'`)
  return at
}
