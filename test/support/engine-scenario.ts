import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EmbeddedEngine } from '../../hub/engine/embedded/embedded-engine.ts'
import { createEmbeddedEngine } from '../../hub/engine/embedded/embedded-engine.ts'
import { Rejected } from '../../hub/engine/embedded/state.ts'
import type { Job, Variables } from '../../hub/engine/engine.ts'
import { createEngineTrace } from './engine-trace.ts'
import type { FakeClock } from './fake-clock.ts'
import { createFakeClock } from './fake-clock.ts'
import { silentLog } from './silent-log.ts'

type Step = {
  readonly deploy?: string | readonly string[]
  readonly create?: string
  readonly publish?: string
  readonly job?: string
  readonly advance?: number
  readonly setVariables?: Variables
  readonly retries?: number
  readonly resolve?: boolean
  readonly cancel?: number
  readonly variables?: Variables
  readonly key?: string
  readonly id?: string
  readonly ttl?: number
  readonly count?: number
  readonly timeout?: number
  readonly held?: boolean
  readonly show?: boolean
  readonly scope?: string
  readonly local?: boolean
  readonly complete?: Variables
  readonly fail?: {
    readonly retries: number
    readonly message?: string
    readonly backoff?: number
  }
  readonly error?: {
    readonly code: string
    readonly message?: string
    readonly variables?: Variables
  }
}

type Stage = {
  readonly folder: string
  engine: EmbeddedEngine
  readonly clock: FakeClock
  readonly instances: string[]
  readonly held: Job[]
  readonly notes: string[]
  /** Of the latest instance of an element. */
  readonly keyOf: (elementId: string) => string
}

const dayMs = 86_400_000

/**
 * Plays the steps of a scenario's folder and returns the trace, in the format of the recorded ones. With `file`, the engine
 * is closed and opened again after every step, which must not show.
 */
export async function playScenario(folder: string, file?: string): Promise<readonly string[]> {
  const clock = createFakeClock()
  const trace = createEngineTrace(clock.now)
  const open = (): EmbeddedEngine =>
    createEmbeddedEngine(
      { file: file ?? ':memory:', record: trace.record },
      { clock, log: silentLog },
    )
  const { keyOf } = trace
  const stage: Stage = { folder, engine: open(), clock, instances: [], held: [], notes: [], keyOf }
  const lines: string[] = []
  for (const step of readSteps(folder)) {
    lines.push(`> ${JSON.stringify(step)}`)
    await play(step, stage).catch((error: unknown) => {
      if (!(error instanceof Rejected)) throw error
      stage.notes.push(`! ${error.code}: ${error.message.replaceAll(/\d{16,}/g, 'KEY')}`)
    })
    await clock.advance(0)
    lines.push(...trace.takeLines(), ...stage.notes.splice(0))
    if (file === undefined) continue
    await stage.engine.close()
    stage.engine = open()
    await stage.engine.idle()
  }
  await stage.engine.close()
  return lines
}

function readSteps(folder: string): readonly Step[] {
  const steps: unknown = JSON.parse(readFileSync(join(folder, 'steps.json'), 'utf8'))
  if (!isSteps(steps)) throw new Error(`${folder} has no steps`)
  return steps
}

async function play(step: Step, stage: Stage): Promise<void> {
  const verb = Object.keys(step)[0] ?? ''
  const player = players[verb]
  if (player === undefined) throw new Error(`no such step: ${verb}`)
  await player(step, stage)
}

const players: { readonly [verb: string]: (step: Step, stage: Stage) => Promise<void> } = {
  deploy: async ({ deploy = [] }, { folder, engine }) => {
    const names = typeof deploy === 'string' ? [deploy] : deploy
    await engine.deploy(
      names.map((name) => ({ name, xml: readFileSync(join(folder, name), 'utf8') })),
    )
  },
  create: async ({ create = '', variables = {} }, { engine, instances }) => {
    instances.push((await engine.createInstance(create, variables)).processInstanceKey)
  },
  publish: async ({ publish = '', key = '', id = '', ttl = 0, variables = {} }, { engine }) => {
    await engine.publish({
      name: publish,
      correlationKey: key,
      messageId: id,
      ttlMs: ttl,
      variables,
    })
  },
  job: async (step, stage) => {
    const { job: type = '', count = 1, timeout = 30 * dayMs } = step
    const taken = stage.engine.takeJobs(type, { count: step.held ? 0 : count, timeoutMs: timeout })
    const jobs = step.held ? stage.held.splice(0) : taken
    if (jobs.length === 0) stage.notes.push('= no job')
    for (const job of jobs) await answer(job, step, stage)
  },
  advance: async ({ advance = 0 }, { clock }) => {
    await clock.jump(advance)
  },
  setVariables: async ({ setVariables = {}, scope, local = false }, stage) => {
    const key = scope === undefined ? stage.instances.at(-1) : stage.keyOf(scope)
    await stage.engine.setVariables(key ?? '', setVariables, local)
  },
  retries: async ({ retries = 0 }, { engine, notes }) => {
    const [incident] = engine.incidents()
    if (incident?.jobKey === undefined) notes.push('= no incident')
    else await engine.updateRetries(incident.jobKey, retries)
  },
  resolve: async (_, { engine, notes }) => {
    const [incident] = engine.incidents()
    if (incident === undefined) notes.push('= no incident')
    else await engine.resolveIncident(incident.key, 0)
  },
  cancel: async ({ cancel = 0 }, { engine, instances }) => {
    await engine.cancel(instances[cancel] ?? '')
  },
}

async function answer(job: Job, step: Step, { engine, held, notes }: Stage): Promise<void> {
  if (step.show) notes.push(`= job ${job.type} variables ${JSON.stringify(job.variables)}`)
  if (step.complete) {
    await engine.answerJob(job.key, { kind: 'complete', variables: step.complete })
  } else if (step.fail) {
    const { retries, message = '', backoff = 0 } = step.fail
    await engine.answerJob(job.key, { kind: 'fail', retries, message, backoffMs: backoff })
  } else if (step.error) {
    const { code, message = '', variables = {} } = step.error
    await engine.answerJob(job.key, { kind: 'error', code, message, variables })
  } else held.push(job)
}

function isSteps(value: unknown): value is readonly Step[] {
  return Array.isArray(value)
}
