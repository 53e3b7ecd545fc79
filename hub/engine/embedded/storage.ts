import type { SqlDatabase, SqlRow } from '../../store/sqlite.ts'
import type { Json, Variables } from '../engine.ts'
import type { KeyTable } from '../key-sequence.ts'
import { ringAt } from './commands.ts'
import { addWait, bufferMessage, isBuffered, readMessage, writeMessage } from './messages.ts'
import type { Core, IncidentState, Instance, JobState, Token, Wait } from './state.ts'
import { createToken, elementAt, findToken, pairKey } from './state.ts'
import { armTimer, offerJob } from './waits.ts'

const schema = `
CREATE TABLE IF NOT EXISTS engine_keys (id INTEGER PRIMARY KEY CHECK (id = 1), next_key INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS engine_instances (key INTEGER PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS engine_messages (key INTEGER PRIMARY KEY, doc TEXT NOT NULL);
`

/** Rises whenever documents change in a way that the code before cannot read. */
const formatVersion = 1

/** Creates the engine's tables in an empty file. Throws one sentence for a file that a later version has written. */
export function createTables(database: SqlDatabase): void {
  const [row] = database.all('PRAGMA user_version')
  const written = Number(row?.['user_version'] ?? 0)
  if (written > formatVersion) {
    throw new Error(
      `the engine's file is of format ${written}, and this version reads up to ${formatVersion}`,
    )
  }
  database.exec(`${schema}; PRAGMA user_version = ${formatVersion}`)
}

/** The row in which a key sequence keeps its place. */
export function keyTable(database: SqlDatabase): KeyTable {
  return {
    read: () => {
      const [row] = database.all('SELECT next_key FROM engine_keys')
      return row && Number(row['next_key'])
    },
    write: (nextKey) => {
      database.run('INSERT OR REPLACE INTO engine_keys (id, next_key) VALUES (1, ?)', [nextKey])
    },
  }
}

/** Writes what the commands since the last commit changed. To be run in a transaction. */
export function writeChanges(database: SqlDatabase, core: Core): void {
  for (const instance of core.dirtyInstances) {
    if (!instance.isEnded) {
      const doc = JSON.stringify(toInstanceDoc(instance))
      database.run('INSERT OR REPLACE INTO engine_instances (key, doc) VALUES (?,?)', [
        instance.key,
        doc,
      ])
    } else database.run('DELETE FROM engine_instances WHERE key = ?', [instance.key])
  }
  for (const message of core.dirtyMessages) {
    if (isBuffered(core, message)) {
      const doc = writeMessage(message)
      database.run('INSERT OR REPLACE INTO engine_messages (key, doc) VALUES (?,?)', [
        message.key,
        doc,
      ])
    } else database.run('DELETE FROM engine_messages WHERE key = ?', [message.key])
  }
}

/** Fills an empty core, whose definitions are known, with all that was committed. */
export function readAll(database: SqlDatabase, core: Core): void {
  const tokens: Token[] = []
  for (const row of database.all('SELECT key, doc FROM engine_instances ORDER BY key')) {
    // A called instance is younger than its caller, which therefore is here already.
    restoreInstance(core, Number(row['key']), { doc: readDoc(row), tokens })
  }
  restoreJobs(core, tokens)
  restoreWaits(core, tokens)
  for (const row of database.all('SELECT key, doc FROM engine_messages ORDER BY key')) {
    bufferMessage(core, readMessage(Number(row['key']), String(row['doc'])))
  }
  core.dirtyInstances.clear()
  core.dirtyMessages.clear()
}

function restoreJobs(core: Core, tokens: readonly Token[]): void {
  const jobs = tokens.flatMap(({ job }) => job ?? []).sort((a, b) => a.key - b.key)
  for (const job of jobs) {
    core.jobs.set(job.key, job)
    if (job.state === 'later') ringAt(core, job, job.dueAt)
    else if (job.state === 'offered') offerJob(core, job)
  }
}

function restoreWaits(core: Core, tokens: readonly Token[]): void {
  const waits = tokens.flatMap((token) => token.waits).sort((a, b) => a.key - b.key)
  for (const wait of waits) {
    if (wait.kind === 'timer') armTimer(core, wait)
    else addWait(core, wait)
  }
}

function readDoc(row: SqlRow): InstanceDoc {
  const doc: unknown = JSON.parse(String(row['doc']))
  if (!isInstanceDoc(doc)) throw new Error(`instance ${String(row['key'])} is damaged`)
  return doc
}

/** Only this program has written it: the file is locked against all others. */
function isInstanceDoc(doc: unknown): doc is InstanceDoc {
  return typeof doc === 'object' && doc !== null && 'd' in doc && 't' in doc
}

/** Short names: there is one such document per waiting instance. What has its usual value is left out. */
type InstanceDoc = {
  readonly d: number
  readonly s?: string
  readonly c?: readonly [instance: number, token: number]
  readonly t: readonly TokenDoc[]
}

type TokenDoc = {
  readonly k: number
  readonly e: number
  /** Place of the parent in the list. */
  readonly p?: number
  readonly s?: Token['state']
  readonly v?: { [name: string]: Json }
  readonly n?: readonly (readonly [number, number])[]
  readonly j?: JobDoc
  readonly w?: readonly WaitDoc[]
  readonly i?: IncidentState
  readonly r?: Variables
  readonly g?: Variables
  readonly b?: 1
  readonly l?: NonNullable<Token['loop']>
  readonly c?: number
}

type JobDoc = Pick<JobState, 'key' | 'type' | 'retries'> &
  Partial<Pick<JobState, 'state' | 'dueAt' | 'errorCode'>>

type WaitDoc =
  | readonly [
      kind: 't',
      key: number,
      event: number,
      dueAt: number,
      repetitions: number,
      interval?: string,
    ]
  | readonly [kind: 'm', key: number, event: number, name: string, correlationKey: string]

function toInstanceDoc(instance: Instance): InstanceDoc {
  const { caller, definition, root, startKey } = instance
  const tokens: TokenDoc[] = []
  const add = (token: Token, parentAt: number): void => {
    const at = tokens.length
    tokens.push(toTokenDoc(token, parentAt))
    for (const child of token.children) add(child, at)
  }
  if (root !== undefined) add(root, -1)
  return {
    d: definition.key,
    ...(startKey !== undefined && { s: startKey }),
    ...(caller !== undefined && { c: [caller.instance.key, caller.key] }),
    t: tokens,
  }
}

function toTokenDoc(token: Token, parentAt: number): TokenDoc {
  const doc: TokenDraft = { k: token.key, e: token.element.index }
  if (parentAt >= 0) doc.p = parentAt
  if (token.state !== 'active') doc.s = token.state
  if (token.variables !== undefined) doc.v = token.variables
  if (token.job !== undefined) doc.j = toJobDoc(token.job)
  if (token.waits.length > 0) doc.w = token.waits.map(toWaitDoc)
  if (token.incident !== undefined) doc.i = token.incident
  addRareParts(doc, token)
  return doc
}

function addRareParts(doc: TokenDraft, token: Token): void {
  if (token.taken !== undefined) doc.n = [...token.taken]
  if (token.result !== undefined) doc.r = token.result
  if (token.given !== undefined) doc.g = token.given
  if (token.isBody) doc.b = 1
  if (token.loop !== undefined) doc.l = token.loop
  if (token.loopCounter > 0) doc.c = token.loopCounter
}

type TokenDraft = { -readonly [part in keyof TokenDoc]: TokenDoc[part] }

function toJobDoc(job: JobState): JobDoc {
  const { key, type, retries, state, dueAt, errorCode } = job
  return {
    key,
    type,
    retries,
    ...(state === 'stopped' && { state }),
    ...(state === 'later' && { state, dueAt }),
    ...(errorCode !== undefined && { errorCode }),
  }
}

function toWaitDoc(wait: Wait): WaitDoc {
  const { key, event } = wait
  if (wait.kind === 'message') return ['m', key, event.index, wait.name, wait.correlationKey]
  const { dueAt, repetitions, interval } = wait
  if (interval === undefined) return ['t', key, event.index, dueAt, repetitions]
  return ['t', key, event.index, dueAt, repetitions, interval]
}

type Restoring = { readonly doc: InstanceDoc; readonly tokens: Token[] }

function restoreInstance(core: Core, key: number, { doc, tokens }: Restoring): void {
  const definition = core.definitions.get(doc.d)
  if (definition === undefined) throw new Error(`instance ${String(key)} has no definition`)
  const callerRoot = doc.c && core.instances.get(doc.c[0])?.root
  const caller = doc.c && findToken(callerRoot, doc.c[1])
  const instance: Instance = {
    key,
    definition,
    root: undefined,
    caller,
    startKey: doc.s,
    isEnded: false,
  }
  core.instances.set(key, instance)
  if (caller !== undefined) caller.called = instance
  if (doc.s !== undefined) core.startKeys.set(pairKey(definition.bpmnProcessId, doc.s), key)
  const first = tokens.length
  for (const token of doc.t) {
    const parent = token.p === undefined ? undefined : tokens[first + token.p]
    tokens.push(restoreToken(core, instance, { doc: token, parent }))
  }
  instance.root = tokens[first]
}

function restoreToken(
  core: Core,
  instance: Instance,
  { doc, parent }: { readonly doc: TokenDoc; readonly parent: Token | undefined },
): Token {
  const element = instance.definition.process.elements[doc.e]
  if (element === undefined) throw new Error(`no element ${String(doc.e)}`)
  const token = createToken(
    core,
    { element, instance, parent },
    {
      key: doc.k,
      isBody: doc.b === 1,
      state: doc.s ?? 'active',
      variables: doc.v,
      taken: doc.n && new Map(doc.n),
      incident: doc.i,
      result: doc.r,
      given: doc.g,
      loop: doc.l,
      loopCounter: doc.c ?? 0,
    },
  )
  if (doc.j !== undefined) token.job = restoreJob(token, doc.j)
  if (doc.w !== undefined) token.waits = doc.w.map((wait) => restoreWait(token, wait))
  if (doc.i !== undefined) core.incidents.set(doc.i.key, token)
  return token
}

function restoreJob(token: Token, doc: JobDoc): JobState {
  return { state: 'offered', dueAt: 0, errorCode: undefined, ...doc, token, alarm: undefined }
}

function restoreWait(token: Token, doc: WaitDoc): Wait {
  const event = elementAt(token, doc[2])
  if (doc[0] === 'm') {
    const [, key, , name, correlationKey] = doc
    return {
      kind: 'message',
      key,
      token,
      event,
      name,
      correlationKey,
      isOpen: true,
      isCorrelating: false,
    }
  }
  const [, key, , dueAt, repetitions, interval] = doc
  return { kind: 'timer', key, token, event, dueAt, repetitions, interval, alarm: undefined }
}
