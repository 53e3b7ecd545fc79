import type { EngineRecord } from '../../hub/engine/embedded/state.ts'

/** Turns the engine's records into the lines of the recorded scenarios: no keys, no times, variables of one step sorted. */
export type EngineTrace = {
  readonly record: (record: EngineRecord) => void
  /** The lines since the last call. */
  readonly takeLines: () => readonly string[]
  /** The key of the latest instance of an element. */
  readonly keyOf: (elementId: string) => string
}

/** `now` is that of the engine's clock: due dates are printed as differences to it, or to the timer before. */
export function createEngineTrace(now: () => number): EngineTrace {
  let records: EngineRecord[] = []
  const names = new Map<number, string>()
  const counts = new Map<string, number>()
  const dueDates = new Map<string, number>()
  const nameOf = (key: number | undefined): string =>
    key === undefined ? '-' : (names.get(key) ?? '?')
  const learn = ({ type, intent, of, at }: EngineRecord): void => {
    if (type !== 'element' || intent !== 'ELEMENT_ACTIVATING' || at === undefined) return
    const count = (counts.get(of) ?? 0) + 1
    counts.set(of, count)
    names.set(at, `${of}#${String(count)}`)
  }
  const due = ({ of, at, dueAt = 0 }: EngineRecord): string => {
    const timer = `${String(at)} ${of}`
    const before = dueDates.get(timer)
    dueDates.set(timer, dueAt)
    if (dueAt < now()) return 'past'
    const seconds = Math.round((dueAt - (before ?? now())) / 1000)
    return `${before === undefined ? '' : 'previous'}+${String(seconds)}s`
  }
  const format = (record: EngineRecord): string => {
    const { type, intent, of, at, detail = '' } = record
    const writers: { readonly [type: string]: () => string } = {
      element: () => `${nameOf(at)} ${detail} ${intent}`,
      flow: () => `flow ${of}`,
      job: () => `job ${of} ${intent} @${nameOf(at)} ${detail}`,
      timer: () =>
        `timer ${of} ${intent} @${nameOf(at)}` +
        (intent === 'CREATED' ? ` due=${due(record)} reps=${detail}` : ''),
      variable: () => `variable ${of} ${intent} @${nameOf(at)}`,
      incident: () => `incident ${intent} ${of} @${nameOf(at)}${detail && `: ${detail}`}`,
      message: () => `message ${of} ${intent} key=${detail}`,
      'msg-start-sub': () => `msg-start-sub ${of} ${intent} ${detail}`,
      duplicate: () =>
        `! ALREADY_EXISTS: Command 'PUBLISH' rejected with code 'ALREADY_EXISTS': Expected to publish a new message with id '${of}', but a message with that id was already published`,
      rejected: () => `REJECTED ${intent}: ${of}`,
    }
    return writers[type]?.() ?? `${type} ${of} ${intent} key=${detail} @${nameOf(at)}`
  }
  return {
    record: (record) => {
      records.push(record)
    },
    keyOf: (elementId) => {
      const name = `${elementId}#${String(counts.get(elementId))}`
      return String([...names].find(([, found]) => found === name)?.[0])
    },
    takeLines: () => {
      const taken = records
      records = []
      taken.forEach(learn)
      return sortVariables(
        taken.map(format).map((line) => (line.startsWith('!') ? line : `  ${line}`)),
      )
    },
  }
}

/** Within one step their order is that of a hash map in Zeebe. */
function sortVariables(lines: readonly string[]): readonly string[] {
  const sorted: string[] = []
  let variables: string[] = []
  for (const line of [...lines, '']) {
    if (line.startsWith('  variable ')) variables.push(line)
    else {
      sorted.push(...variables.sort(), line)
      variables = []
    }
  }
  return sorted.slice(0, -1)
}
