import type { SqlDatabase } from '../../store/sqlite.ts'
import { compileBpmn } from '../bpmn/compile.ts'
import type { CompiledProcess } from '../bpmn/process-model.ts'
import type { Deployment } from '../engine.ts'
import type { Core } from './state.ts'

const schema = `
CREATE TABLE IF NOT EXISTS engine_definitions (
  key INTEGER PRIMARY KEY, bpmn_process_id TEXT NOT NULL, version INTEGER NOT NULL,
  file TEXT NOT NULL, xml TEXT NOT NULL, UNIQUE (bpmn_process_id, version))`

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

/** The definitions in a file. */
export function createDefinitions(database: SqlDatabase): Definitions {
  database.exec(schema)
  const compiled = new Map<number, CompiledProcess>()
  const latest = new Map<string, Row>()
  let added: Row[] = []
  const adopt = (core: Core, row: Row): void => {
    const process = compiled.get(row.key)
    if (process === undefined) throw new Error(`process ${row.bpmnProcessId} is not compiled`)
    latest.set(row.bpmnProcessId, row)
    addVersion(core, row, process)
  }
  return {
    compileStored: async () => {
      for (const row of readRows(database)) {
        const processes = await compileBpmn(row.file, row.xml)
        const process = processes.find(({ bpmnProcessId }) => bpmnProcessId === row.bpmnProcessId)
        if (process !== undefined) compiled.set(row.key, process)
      }
    },
    restore: (core) => {
      added = []
      latest.clear()
      for (const row of readRows(database)) adopt(core, row)
    },
    deploy: (core, files) =>
      files.flatMap(({ name, xml, processes }) =>
        processes.map((process) => {
          const { bpmnProcessId } = process
          const before = latest.get(bpmnProcessId)
          if (before?.xml === xml && before.file === name) return toDeployment(before)
          const version = (before?.version ?? 0) + 1
          const row = { key: core.nextKey(), bpmnProcessId, version, file: name, xml }
          compiled.set(row.key, process)
          added.push(row)
          adopt(core, row)
          recordStarts(core, process)
          return toDeployment(row)
        }),
      ),
    hasChanges: () => added.length > 0,
    writeChanges: () => {
      for (const { key, bpmnProcessId, version, file, xml } of added) {
        database.run(
          'INSERT INTO engine_definitions (key, bpmn_process_id, version, file, xml) VALUES (?,?,?,?,?)',
          [key, bpmnProcessId, version, file, xml],
        )
      }
    },
    committed: () => {
      added = []
    },
  }
}

function readRows(database: SqlDatabase): readonly Row[] {
  return database.all('SELECT * FROM engine_definitions ORDER BY key').map((row) => ({
    key: Number(row['key']),
    bpmnProcessId: String(row['bpmn_process_id']),
    version: Number(row['version']),
    file: String(row['file']),
    xml: String(row['xml']),
  }))
}

/** The newest version is the one that starts; its message starts replace those of the version before. */
function addVersion(core: Core, row: Row, process: CompiledProcess): void {
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
}

function recordStarts(core: Core, process: CompiledProcess): void {
  for (const { name, element } of process.messageStarts) {
    const detail = `${process.bpmnProcessId}/${process.elements[element]?.id ?? ''}`
    core.record?.({ type: 'msg-start-sub', intent: 'CREATED', of: name, detail })
  }
}

function toDeployment({ bpmnProcessId, version, key }: Row): Deployment {
  return { bpmnProcessId, version, processDefinitionKey: String(key) }
}
