import type { Incident, WorkflowEngine } from '../../../hub/engine/engine.ts'
import { createZeebeEngine } from '../../../hub/engine/zeebe/zeebe-engine.ts'
import type { EngineUnderTest } from '../../contract/engine.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createMovedClock } from './moved-clock.ts'
import { withOwnNames } from './own-names.ts'
import type { RecordedZeebe } from './recorded-zeebe.ts'

/** How far this file has moved the broker's clock; a broker that is started again does not know. */
let movedMs = 0
let engines = 0

/** Its time goes on between the steps of a test, and it looks what is due once a second. */
const slackMs = 4_000

/** An engine over a part of the broker that nobody has touched, with a clock that can be moved on. */
export async function makeZeebeUnderTest(server: RecordedZeebe): Promise<EngineUnderTest> {
  const suffix = String(++engines)
  const clock = createMovedClock(movedMs)
  const config = { gatewayAddress: server.gatewayAddress }
  const engine = createZeebeEngine(config, { clock, log: silentLog })
  const settle = (): Promise<void> => untilQuiet(server, engine)
  const under: EngineUnderTest = {
    engine: withOwnNames(engine, suffix),
    advance: async (ms) => {
      await settle()
      movedMs += ms
      clock.advance(ms)
      await server.moveClock(ms)
      await settle()
    },
    settle,
    slackMs,
    incidents: async () => {
      await settle()
      return openIncidents(server)
        .filter(({ bpmnProcessId }) => bpmnProcessId.endsWith(`-${suffix}`))
        .map((incident) => ({
          ...incident,
          bpmnProcessId: incident.bpmnProcessId.slice(0, -suffix.length - 1),
        }))
    },
    restart: async () => {
      await server.kill()
      await server.start()
      await server.moveClock(movedMs)
      await settle()
      return under
    },
  }
  return under
}

let probes = 0
const quietProbes = 4

/**
 * Sends messages for nobody through the broker and its exporter until several in a row come out with nothing between
 * them: whatever was on its way when one was sent is in the log before the next.
 */
async function untilQuiet(server: RecordedZeebe, engine: WorkflowEngine): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < quietProbes;) {
    await probe(server, engine)
    const count = server.records.filter(isWork).length
    quiet = count === seen ? quiet + 1 : 0
    seen = count
    await pause(25)
  }
}

async function probe({ records }: RecordedZeebe, engine: WorkflowEngine): Promise<void> {
  const correlationKey = `probe-${String(++probes)}`
  await engine.publish({
    name: 'probe',
    correlationKey,
    messageId: correlationKey,
    variables: {},
    ttlMs: 0,
  })
  const endsAt = Date.now() + 30_000
  while (!records.slice(-50).some(({ value }) => value.correlationKey === correlationKey)) {
    if (Date.now() > endsAt) throw new Error('the broker exports nothing')
    await pause(2)
  }
}

function isWork({ valueType, value }: RecordedZeebe['records'][number]): boolean {
  if (valueType === 'MESSAGE') return value.name !== 'probe'
  return valueType !== 'JOB_BATCH' || value.jobKeys.length > 0
}

function openIncidents({ records }: RecordedZeebe): readonly Incident[] {
  const open = new Map<string, Incident>()
  const elementIds = new Map<string, string>()
  for (const { key, valueType, intent, value } of records) {
    if (valueType === 'PROCESS_INSTANCE') elementIds.set(key, value.elementId)
    if (valueType !== 'INCIDENT') continue
    if (intent === 'RESOLVED') open.delete(key)
    else
      open.set(key, {
        key,
        type: value.errorType,
        message: value.errorMessage,
        processInstanceKey: String(value.processInstanceKey),
        bpmnProcessId: value.bpmnProcessId,
        // The incident of an error that nothing catches names no element, but it has its instance.
        elementId: elementIds.get(String(value.elementInstanceKey)) ?? value.elementId,
        ...(Number(value.jobKey) > 0 ? { jobKey: String(value.jobKey) } : {}),
      })
  }
  return [...open.values()]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
