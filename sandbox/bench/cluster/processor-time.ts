import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Processor time used so far, in ms, by name: of the whole machine, and of each kind of process that this one has started. */
export type ProcessorTime = ReadonlyMap<string, number>

/** The name under which the whole machine's time stands. */
const wholeMachine = 'the whole machine'

/**
 * What the machine and our processes have used so far. Processes are told apart where the system has /proc; elsewhere, and for
 * servers in containers, only the machine is known.
 */
export function readProcessorTime(): ProcessorTime {
  const machine = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice, 0)
  const used = new Map([[wholeMachine, machine]])
  for (const { name, ms } of ourProcesses()) used.set(name, (used.get(name) ?? 0) + ms)
  return used
}

/** What was used between two readings, for each of `count` things. */
export function timePerPiece(
  before: ProcessorTime,
  after: ProcessorTime,
  count: number,
): ProcessorTime {
  const names = [...after.keys()]
  return new Map(
    names.map((name) => [name, ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / count]),
  )
}

/** The kernel counts in hundredths of a second. */
const tickMs = 10

function ourProcesses(): readonly { readonly name: string; readonly ms: number }[] {
  const stats = processIds().flatMap(readStat)
  const parents = new Map(stats.map(({ pid, parent }) => [pid, parent]))
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || isOurs(parents.get(pid)))
  return stats
    .filter(({ pid }) => isOurs(pid))
    .map(({ pid, ms }) => ({ name: pid === process.pid ? 'this process' : nameOf(pid), ms }))
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

type Stat = { readonly pid: number; readonly parent: number; readonly ms: number }

/** Fields 4 and 14 to 17 of proc(5); children that have ended count for their parent. */
function readStat(pid: number): readonly Stat[] {
  const text = readIfThere(`/proc/${String(pid)}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return []
  const at = (field: number): number => Number(fields[field - 3])
  return [{ pid, parent: at(4), ms: (at(14) + at(15) + at(16) + at(17)) * tickMs }]
}

const programs: readonly (readonly [RegExp, string])[] = [
  [/StandaloneBroker/, 'Zeebe'],
  [/kafka\.Kafka/, 'Kafka'],
  [/postgres/, 'PostgreSQL'],
]

function nameOf(pid: number): string {
  const command = readIfThere(`/proc/${String(pid)}/cmdline`)
  const roles = /KIVUKO_ROLES=([^\0]*)/.exec(readIfThere(`/proc/${String(pid)}/environ`))?.[1]
  if (roles !== undefined) return `hub: ${roles.replaceAll(',', ', ')}`
  return programs.find(([pattern]) => pattern.test(command))?.[1] ?? 'others'
}

/** A process may end between being listed and being read. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
