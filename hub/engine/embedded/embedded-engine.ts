import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { SqlDatabase } from '../../store/sqlite.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { createCommandQueue, createSteps } from '../command-queue.ts'
import type { CommandQueue } from '../command-queue.ts'
import type { Incident, Job, JobVerdict, Variables, WorkflowEngine } from '../engine.ts'
import { type KeySequence, createKeySequence } from '../key-sequence.ts'
import { createSchedule } from '../schedule.ts'
import { type WorkerPool, createWorkerPool } from '../worker-pool.ts'
import {
  answerJob,
  cancel,
  createInstance,
  keepTaken,
  listIncidents,
  resolveIncident,
  setVariables,
  takeJobs,
  updateRetries,
} from './commands.ts'
import { type Definitions, createDefinitions } from './definitions.ts'
import { elementBehaviours } from './elements.ts'
import { finishTermination } from './lifecycle.ts'
import { callActivity, calledEnded, innerEnded, innerInstance, multiInstanceBody } from './loops.ts'
import { closeMessageWait, openMessageWait, publish, startNext } from './messages.ts'
import type { Core, EngineRecord, Hooks } from './state.ts'
import { Rejected } from './state.ts'
import { createTables, keyTable, readAll, writeChanges } from './storage.ts'
import { fireTimer } from './triggers.ts'

/** Where the engine keeps what it must not forget. */
export type EmbeddedEngineConfig = {
  /** The SQLite file; `:memory:` for none. */
  readonly file: string
  /** Hears of every step, before it is durable: for traces. */
  readonly record?: (record: EngineRecord) => void
}

/** A workflow engine in this program, and what only it offers. */
export type EmbeddedEngine = WorkflowEngine & {
  /** The open incidents, oldest first. */
  incidents(): readonly Incident[]
  /** Resolves once no command is waiting. */
  idle(): Promise<void>
  /** Takes jobs by hand, for gateways and tests; a worker does it by itself. */
  takeJobs(
    type: string,
    options: { readonly count: number; readonly timeoutMs: number },
  ): readonly Job[]
  answerJob(jobKey: string, verdict: JobVerdict): Promise<void>
  updateRetries(jobKey: string, retries: number): Promise<void>
  /** Sets variables of a process or element instance: there only, or where a variable of that name is. */
  setVariables(elementInstanceKey: string, variables: Variables, isLocal: boolean): Promise<void>
  /** How many instances have not ended. */
  instanceCount(): number
  /** Ends as a power cut would, for tests: what is not committed is lost, nobody is answered, the file is free. */
  crash(): void
}

/** What the engine needs of the world. */
export type EmbeddedEnginePorts = {
  readonly clock: Clock
  readonly log: Log
  /** `openSqlite`, unless a test or simulator brings its own disk. */
  readonly open?: (file: string) => SqlDatabase
}

/** After a commit that failed, timers and jobs wait this long; a person has to make room on the disk. */
const pauseAfterFailureMs = 1000

/**
 * Opens the engine's file and goes on where it was left. Throws if another program has the file. Commands wait until the
 * diagrams in it are compiled, which takes milliseconds each.
 */
export function createEmbeddedEngine(
  config: EmbeddedEngineConfig,
  ports: EmbeddedEnginePorts,
): EmbeddedEngine {
  const database = (ports.open ?? openSqlite)(config.file)
  createTables(database)
  const definitions = createDefinitions(database)
  const steps = createSteps()
  const keys = createKeySequence(keyTable(database))
  const core: Core = createCore(config, ports, {
    nextKey: keys.next,
    later: steps.later,
    submit: (command) => {
      queue.submit(steps.including(command))
    },
  })
  const queue: CommandQueue = createCommandQueue(ports.clock, {
    commit: () => {
      commitChanges(database, core, { definitions, keys })
    },
    restore: () => {
      steps.clear()
      restoreState(database, core, { definitions, keys })
      core.schedule.arm(ports.clock.now() + pauseAfterFailureMs)
      pool.pause(pauseAfterFailureMs)
    },
    committed: () => {
      pool.dispatch()
      core.schedule.arm()
    },
    isRejection: (error) => error instanceof Rejected,
    report: (error, message) => {
      ports.log.error({ error }, message)
    },
  })
  const ask = <T>(command: () => T): Promise<T> => queue.ask(steps.including(command))
  const pool = createWorkerPool({ ...ports, take: takeFrom(core), answer: answerTo(core, ask) })
  const goOn = (): void => {
    if (queue.isClosed()) return
    restoreState(database, core, { definitions, keys })
    queue.open()
    pool.dispatch()
    core.schedule.arm()
  }
  definitions
    .compileStored()
    .then(goOn)
    .catch((error: unknown) => {
      ports.log.error({ error }, 'engine could not read its file')
      queue.close(new Error('the engine could not read its file', { cause: error }))
    })
  return createFacade({ core, queue, pool, definitions, ask, database })
}

function takeFrom(core: Core): EmbeddedEngine['takeJobs'] {
  return (type, options) => {
    const jobs = takeJobs(core, type, options)
    if (jobs.length > 0) core.schedule.arm()
    return jobs
  }
}

function answerTo(core: Core, ask: CommandQueue['ask']): EmbeddedEngine['answerJob'] {
  return (key, verdict) =>
    ask(() => {
      answerJob(core, key, verdict)
    })
}

type Parts = {
  readonly core: Core
  readonly queue: CommandQueue
  readonly pool: WorkerPool
  readonly definitions: Definitions
  readonly database: SqlDatabase
  readonly ask: CommandQueue['ask']
}

function createFacade(parts: Parts): EmbeddedEngine {
  const { core, queue, pool, ask } = parts
  return {
    deploy: async (files) => {
      const compiled = await Promise.all(
        files.map(async ({ name, xml }) => ({
          name,
          xml,
          processes: await parts.definitions.compile(name, xml),
        })),
      )
      return ask(() => parts.definitions.deploy(core, compiled))
    },
    publish: (message) =>
      ask(() => {
        publish(core, message)
      }),
    createInstance: (bpmnProcessId, variables) =>
      ask(() => ({ processInstanceKey: createInstance(core, bpmnProcessId, variables) })),
    work: pool.work,
    cancel: (key) =>
      ask(() => {
        cancel(core, key)
      }),
    resolveIncident: (key, retries) =>
      ask(() => {
        resolveIncident(core, key, retries)
      }),
    close: () => {
      pool.close()
      queue.close(new Error('the engine is closed'))
      core.schedule.clear()
      parts.database.close()
      return Promise.resolve()
    },
    incidents: () => listIncidents(core),
    idle: queue.idle,
    takeJobs: takeFrom(core),
    answerJob: answerTo(core, ask),
    updateRetries: (key, retries) =>
      ask(() => {
        updateRetries(core, key, retries)
      }),
    setVariables: (key, variables, isLocal) =>
      ask(() => {
        setVariables(core, key, { variables, isLocal })
      }),
    instanceCount: () => core.instances.size,
    crash: () => {
      pool.close()
      queue.crash()
      core.schedule.clear()
      parts.database.close()
    },
  }
}

function createCore(
  config: EmbeddedEngineConfig,
  { clock }: EmbeddedEnginePorts,
  given: Pick<Core, 'nextKey' | 'later' | 'submit'>,
): Core {
  const core: Core = {
    ...given,
    nowMs: () => clock.now(),
    schedule: createSchedule(clock),
    record: config.record,
    hooks: createHooks(() => core),
    definitions: new Map(),
    latest: new Map(),
    startsByMessage: new Map(),
    instances: new Map(),
    startKeys: new Map(),
    incidents: new Map(),
    jobs: new Map(),
    offered: new Map(),
    waits: new Map(),
    buffered: new Map(),
    dirtyInstances: new Set(),
    dirtyMessages: new Set(),
  }
  return core
}

function createHooks(core: () => Core): Hooks {
  return {
    behaviours: {
      ...elementBehaviours,
      CALL_ACTIVITY: callActivity,
      MULTI_INSTANCE_BODY: multiInstanceBody,
      INNER_INSTANCE: innerInstance,
    },
    fireTimer: (wait) => {
      fireTimer(core(), wait)
    },
    openMessageWait: (wait) => {
      openMessageWait(core(), wait)
    },
    closeMessageWait: (wait) => {
      closeMessageWait(core(), wait)
    },
    innerEnded: (body) => {
      innerEnded(core(), body)
    },
    terminated: (token) => {
      finishTermination(core(), token)
    },
    instanceEnded: (instance) => {
      instance.isEnded = true
      core().instances.delete(instance.key)
      calledEnded(core(), instance)
      startNext(core(), instance)
    },
  }
}

type Durable = { readonly definitions: Definitions; readonly keys: KeySequence }

function commitChanges(database: SqlDatabase, core: Core, { definitions, keys }: Durable): void {
  const { dirtyInstances, dirtyMessages } = core
  if (dirtyInstances.size + dirtyMessages.size > 0 || definitions.hasChanges()) {
    database.transaction(() => {
      keys.write()
      definitions.writeChanges()
      writeChanges(database, core)
    })
  }
  definitions.committed()
  dirtyInstances.clear()
  dirtyMessages.clear()
}

function restoreState(database: SqlDatabase, core: Core, { definitions, keys }: Durable): void {
  const takenUntil = new Map<number, number>()
  for (const job of core.jobs.values())
    if (job.state === 'taken') takenUntil.set(job.key, job.dueAt)
  core.schedule.clear()
  for (const part of Object.values(core)) {
    if (part instanceof Map || part instanceof Set) part.clear()
  }
  keys.read()
  definitions.restore(core)
  readAll(database, core)
  keepTaken(core, takenUntil)
}
