import type { SqlDatabase } from '../../store/sqlite.ts'
import { compileBpmn } from '../bpmn/compile.ts'
import type { CompiledProcess, Element } from '../bpmn/process-model.ts'
import { planTimer } from '../bpmn/timer-plan.ts'
import type { Deployment } from '../engine.ts'
import type { Core, Definition } from './state.ts'
import { Rejected } from './state.ts'
import { startInstance } from './triggers.ts'
import { nextRepetition } from './waits.ts'

const schema = `
CREATE TABLE IF NOT EXISTS engine_definitions (
  key INTEGER PRIMARY KEY, bpmn_process_id TEXT NOT NULL, version INTEGER NOT NULL,
  file TEXT NOT NULL, xml TEXT NOT NULL, timers TEXT NOT NULL DEFAULT '[]', UNIQUE (bpmn_process_id, version))`

/** A file with the processes in it, compiled. */
export type CompiledFile = {
  readonly name: string
  readonly xml: string
  readonly processes: readonly CompiledProcess[]
}

type Row = {
  readonly key: number
  readonly bpmnProcessId: string
  readonly version: number
  readonly file: string
  readonly xml: string
}

/** All versions of all processes. What is compiled stays so, also when the state is read anew. */
export interface Definitions {
  /** Compiles what was deployed earlier; to be done once, before `restore`. */
  /** Compiles a file, each text once: what is deployed at a start is mostly what the file has already. */
  compile(name: string, xml: string): Promise<readonly CompiledProcess[]>
  compileStored(): Promise<void>
  /** Puts into an empty core what was committed. */
  restore(core: Core): void
  /** Adds a version where a process is new or its file has changed. */
  deploy(core: Core, files: readonly CompiledFile[]): readonly Deployment[]
  hasChanges(): boolean
  /** Writes what was deployed since the last commit. To be run in a transaction. */
  writeChanges(): void
  /** The transaction of `writeChanges` is durable. */
  committed(): void
}

/** A start event that begins an instance by itself. */
type StartTimer = TimerState & { readonly definition: Definition; readonly element: Element }

type TimerState = {
  readonly dueAt: number
  readonly repetitions: number
  readonly interval: string | undefined
}

/** Compiles each text once. */
function createCompiler(): Definitions['compile'] {
  const texts = new Map<string, Promise<readonly CompiledProcess[]>>()
  return (name, xml) => {
    const text = `${name}\n${xml}`
    const compiling = texts.get(text) ?? compileBpmn(name, xml)
    texts.set(text, compiling)
    return compiling
  }
}

/** The definitions in a file. */
export function createDefinitions(database: SqlDatabase): Definitions {
  database.exec(schema)
  const compiled = new Map<number, CompiledProcess>()
  const latest = new Map<string, Row>()
  const compile = createCompiler()
  const timers = createStartTimers()
  let added: Row[] = []
  const adopt = (core: Core, row: Row): Definition => {
    const process = compiled.get(row.key)
    if (process === undefined) throw new Error(`process ${row.bpmnProcessId} is not compiled`)
    latest.set(row.bpmnProcessId, row)
    return addVersion(core, row, process)
  }
  const deployProcess = (core: Core, file: CompiledFile, process: CompiledProcess): Deployment => {
    const { bpmnProcessId } = process
    const before = latest.get(bpmnProcessId)
    if (before?.xml === file.xml && before.file === file.name) return toDeployment(before)
    const version = (before?.version ?? 0) + 1
    const row = { key: core.nextKey(), bpmnProcessId, version, file: file.name, xml: file.xml }
    compiled.set(row.key, process)
    added.push(row)
    recordStarts(core, core.latest.get(bpmnProcessId)?.process, 'DELETED')
    recordStarts(core, process, 'CREATED')
    timers.replace(core, core.latest.get(bpmnProcessId), adopt(core, row))
    return toDeployment(row)
  }
  return {
    compile,
    compileStored: async () => {
      for (const row of readRows(database)) {
        const processes = await compile(row.file, row.xml)
        const process = processes.find(({ bpmnProcessId }) => bpmnProcessId === row.bpmnProcessId)
        if (process !== undefined) compiled.set(row.key, process)
      }
    },
    restore: (core) => {
      added = []
      latest.clear()
      timers.clear()
      for (const row of readRows(database)) timers.restore(core, adopt(core, row), row.timers)
    },
    deploy: (core, files) =>
      files.flatMap((file) => file.processes.map((process) => deployProcess(core, file, process))),
    hasChanges: () => added.length > 0 || timers.changed.size > 0,
    writeChanges: () => {
      for (const row of added) insertRow(database, row)
      for (const key of timers.changed) {
        const written = timers.write(key)
        database.run('UPDATE engine_definitions SET timers = ? WHERE key = ?', [written, key])
      }
    },
    committed: () => {
      added = []
      timers.changed.clear()
    },
  }
}

function insertRow(
  database: SqlDatabase,
  { key, bpmnProcessId, version, file, xml }: Omit<Row, 'timers'>,
): void {
  database.run(
    'INSERT INTO engine_definitions (key, bpmn_process_id, version, file, xml) VALUES (?,?,?,?,?)',
    [key, bpmnProcessId, version, file, xml],
  )
}

/** The start timers of the latest versions. */
type StartTimers = {
  /** Definitions whose timers are to be written. */
  readonly changed: Set<number>
  readonly replace: (core: Core, before: Definition | undefined, now: Definition) => void
  readonly restore: (core: Core, definition: Definition, written: string) => void
  readonly write: (key: number) => string
  readonly clear: () => void
}

function createStartTimers(): StartTimers {
  const timers = new Map<number, StartTimer[]>()
  const changed = new Set<number>()
  const arm = (core: Core, timer: StartTimer): void => {
    const { key } = timer.definition
    timers.set(key, [...(timers.get(key) ?? []), timer])
    core.schedule.add(timer.dueAt, () => {
      core.submit(() => {
        if (timers.get(key)?.includes(timer) === true) fire(core, timer)
      })
    })
  }
  const add = (core: Core, timer: StartTimer): void => {
    changed.add(timer.definition.key)
    arm(core, timer)
    const { element, dueAt, repetitions } = timer
    const detail = String(repetitions)
    core.record?.({ type: 'timer', intent: 'CREATED', of: element.id, dueAt, detail })
  }
  const fire = (core: Core, timer: StartTimer): void => {
    const { definition, element } = timer
    const others = timers.get(definition.key) ?? []
    timers.set(
      definition.key,
      others.filter((other) => other !== timer),
    )
    changed.add(definition.key)
    core.record?.({ type: 'timer', intent: 'TRIGGERED', of: element.id })
    const next = nextRepetition(core, timer)
    if (next !== undefined) add(core, { ...timer, ...next })
    startInstance(core, definition, { element })
  }
  return {
    changed,
    replace: (core, before, definition) => {
      if (before !== undefined && timers.delete(before.key)) changed.add(before.key)
      for (const timer of planStarts(core, definition)) add(core, timer)
    },
    restore: (core, definition, written) => {
      for (const timer of readTimers(definition, written)) arm(core, timer)
    },
    write: (key) =>
      JSON.stringify(
        (timers.get(key) ?? []).map(({ element, dueAt, repetitions, interval }) => ({
          element: element.index,
          dueAt,
          repetitions,
          interval,
        })),
      ),
    clear: () => {
      timers.clear()
      changed.clear()
    },
  }
}

function planStarts(core: Core, definition: Definition): readonly StartTimer[] {
  const { elements, timerStarts } = definition.process
  return timerStarts.flatMap((index) => {
    const element = elements[index]
    if (element?.event.kind !== 'timer') return []
    const { timer, value } = element.event
    try {
      const scope = { get: () => undefined, nowMs: core.nowMs }
      const plan = planTimer(timer, value.evaluate(scope), core.nowMs())
      return [{ ...plan, definition, element }]
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Rejected('INVALID_ARGUMENT', `start event '${element.id}': ${reason}`)
    }
  })
}

function readTimers(definition: Definition, written: string): readonly StartTimer[] {
  const docs: unknown = JSON.parse(written)
  if (!isTimerDocs(docs)) throw new Error(`start timers of ${definition.bpmnProcessId} are damaged`)
  return docs.flatMap(({ element: index, dueAt, repetitions, interval }) => {
    const element = definition.process.elements[index]
    return element === undefined ? [] : [{ dueAt, repetitions, interval, definition, element }]
  })
}

function isTimerDocs(
  docs: unknown,
): docs is readonly (TimerState & { readonly element: number })[] {
  return Array.isArray(docs)
}

function readRows(database: SqlDatabase): readonly (Row & { readonly timers: string })[] {
  return database.all('SELECT * FROM engine_definitions ORDER BY key').map((row) => ({
    key: Number(row['key']),
    bpmnProcessId: String(row['bpmn_process_id']),
    version: Number(row['version']),
    file: String(row['file']),
    xml: String(row['xml']),
    timers: String(row['timers']),
  }))
}

/** The newest version is the one that starts; its message starts replace those of the version before. */
function addVersion(core: Core, row: Row, process: CompiledProcess): Definition {
  const { key, bpmnProcessId, version } = row
  const definition = { key, bpmnProcessId, version, process }
  core.definitions.set(key, definition)
  core.latest.set(bpmnProcessId, definition)
  for (const [name, starts] of core.startsByMessage) {
    core.startsByMessage.set(
      name,
      starts.filter((other) => other.bpmnProcessId !== bpmnProcessId),
    )
  }
  for (const name of new Set(process.messageStarts.map((start) => start.name))) {
    core.startsByMessage.set(name, [...(core.startsByMessage.get(name) ?? []), definition])
  }
  return definition
}

function recordStarts(core: Core, process: CompiledProcess | undefined, intent: string): void {
  for (const { name, element } of process?.messageStarts ?? []) {
    const detail = `${process?.bpmnProcessId ?? ''}/${process?.elements[element]?.id ?? ''}`
    core.record?.({ type: 'msg-start-sub', intent, of: name, detail })
  }
}

function toDeployment({ bpmnProcessId, version, key }: Row): Deployment {
  return { bpmnProcessId, version, processDefinitionKey: String(key) }
}
