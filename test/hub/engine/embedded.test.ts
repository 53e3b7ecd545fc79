import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { createEmbeddedEngine } from '../../../hub/engine/embedded/embedded-engine.ts'
import type { EmbeddedEngine } from '../../../hub/engine/embedded/embedded-engine.ts'
import type { SqlDatabase } from '../../../hub/store/sqlite.ts'
import { openSqlite } from '../../../hub/store/sqlite.ts'
import type { EngineUnderTest } from '../../contract/engine.ts'
import { engineContract } from '../../contract/engine.ts'
import { playScenario } from '../../support/engine-scenario.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'kivuko-engine-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

let files = 0

engineContract('The embedded engine', () => {
  const file = join(folder, `${String(files++)}.db`)
  return Promise.resolve(openEngine(file, createFakeClock()))
})

function openEngine(file: string, clock: FakeClock): EngineUnderTest {
  const engine = createEmbeddedEngine({ file }, { clock, log: silentLog })
  return {
    engine,
    advance: clock.advance,
    settle: () => clock.advance(0),
    slackMs: 0,
    incidents: () => Promise.resolve(engine.incidents()),
    restart: () => {
      engine.crash()
      return Promise.resolve(openEngine(file, clock))
    },
  }
}

describe('The embedded engine', () => {
  it('refuses a file that a later version has written, with one sentence', () => {
    const file = join(folder, `${String(files++)}.db`)
    const database = openSqlite(file)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const open = () => createEmbeddedEngine({ file }, { clock: createFakeClock(), log: silentLog })
    expect(open).toThrow('is of format 99')
  })

  it('rejects what it could not commit, forgets it, and goes on once there is room on the disk', async () => {
    const clock = createFakeClock()
    let isFull = false
    const { open, engine } = openOnDisk(clock, () => isFull)
    await engine.deploy([{ name: 'p.bpmn', xml: waitingDiagram }])
    const { processInstanceKey } = await engine.createInstance('p', { id: 'kept' })
    isFull = true
    const message = {
      name: 'answer',
      correlationKey: 'kept',
      messageId: '',
      variables: {},
      ttlMs: 0,
    }
    await expect(engine.createInstance('p', { id: 'lost' })).rejects.toThrow('disk is full')
    await expect(engine.publish(message)).rejects.toThrow('disk is full')
    await expect(engine.cancel(processInstanceKey)).rejects.toThrow('disk is full')
    expect(engine.instanceCount()).toBe(1)
    isFull = false
    await engine.publish(message)
    expect(engine.instanceCount()).toBe(0)
    await engine.close()
    const again = open()
    await again.idle()
    expect(again.instanceCount()).toBe(0)
    await again.close()
  })

  it('does a job and a timer again whose outcome could not be committed', async () => {
    const clock = createFakeClock()
    let isFull = false
    const { engine } = openOnDisk(clock, () => isFull)
    let tries = 0
    engine.work(
      'late',
      () => {
        tries++
        isFull = tries === 1
        return Promise.resolve({ kind: 'complete', variables: {} })
      },
      { maxActive: 1, timeoutMs: 60_000 },
    )
    await engine.deploy([{ name: 'p.bpmn', xml: waitingDiagram }])
    await engine.createInstance('p', { id: 'x' })
    isFull = true
    await clock.advance(3_600_000)
    expect(tries).toBe(0)
    isFull = false
    await clock.advance(1000)
    expect(tries).toBe(1)
    isFull = false
    await clock.advance(1000)
    expect(tries).toBe(2)
    expect(engine.instanceCount()).toBe(0)
    await engine.close()
  })

  it('opens ten thousand waiting instances within a second, and fires at once what fell due meanwhile', async () => {
    const clock = createFakeClock()
    const { open, engine } = openOnDisk(clock, () => false)
    await engine.deploy([{ name: 'p.bpmn', xml: waitingDiagram }])
    await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => engine.createInstance('p', { id: String(n) })),
    )
    await engine.close()
    await clock.advance(3_600_000)
    const startedAt = performance.now()
    const again = open()
    await again.idle()
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(again.instanceCount()).toBe(10_000)
    await clock.advance(0)
    expect(again.takeJobs('late', { count: 20_000, timeoutMs: 1000 })).toHaveLength(10_000)
    await again.close()
  })

  it('rejects a command that never ends, and does those that came with it', async () => {
    const engine = createEmbeddedEngine(
      { file: ':memory:' },
      { clock: createFakeClock(), log: silentLog },
    )
    await engine.deploy([
      { name: 'p.bpmn', xml: waitingDiagram },
      { name: 'circle.bpmn', xml: circleDiagram },
    ])
    const outcomes = await Promise.allSettled([
      engine.createInstance('p', { id: '1' }),
      engine.createInstance('circle', {}),
      engine.createInstance('p', { id: '2' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(engine.instanceCount()).toBe(2)
    await engine.close()
  })

  it('keeps variables apart from what callers do to theirs afterwards', async () => {
    const clock = createFakeClock()
    const engine = createEmbeddedEngine({ file: ':memory:' }, { clock, log: silentLog })
    await engine.deploy([{ name: 'p.bpmn', xml: waitingDiagram }])
    const party = { name: 'Asha' }
    await engine.createInstance('p', { id: '1', party })
    party.name = 'Mallory'
    await clock.advance(3_600_000)
    const [job] = engine.takeJobs('late', { count: 1, timeoutMs: 1000 })
    expect(job?.variables).toEqual({ id: '1', party: { name: 'Asha' } })
    await engine.close()
  })

  it('occupies the clock with the earliest timer only', async () => {
    const clock = createFakeClock()
    let armedCount = 0
    const counting = {
      ...clock,
      after: (delayMs: number, task: () => void) => {
        if (delayMs > 0) armedCount++
        return clock.after(delayMs, task)
      },
    }
    const engine = createEmbeddedEngine({ file: ':memory:' }, { clock: counting, log: silentLog })
    await engine.deploy([{ name: 'p.bpmn', xml: waitingDiagram }])
    for (let n = 0; n < 50; n++) await engine.createInstance('p', { id: String(n) })
    expect(armedCount).toBe(1)
    await engine.close()
  })

  it('says no to a second program that opens its file', async () => {
    const { open, engine } = openOnDisk(createFakeClock(), () => false)
    expect(open).toThrow(/in use by another program/)
    await engine.close()
  })

  function openOnDisk(
    clock: FakeClock,
    isFull: () => boolean,
  ): { readonly open: () => EmbeddedEngine; readonly engine: EmbeddedEngine } {
    const file = join(folder, `${String(files++)}.db`)
    const openFile = (name: string): SqlDatabase => {
      const database = openSqlite(name)
      const transaction = <T>(work: () => T): T =>
        database.transaction(() => {
          const result = work()
          if (isFull()) throw new Error('disk is full')
          return result
        })
      return { ...database, transaction }
    }
    const open = (): EmbeddedEngine =>
      createEmbeddedEngine({ file }, { clock, log: silentLog, open: openFile })
    return { open, engine: open() }
  }
})

/** Waits an hour for a message; after that comes a job. */
const waitingDiagram = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="waiting">
<bpmn:process id="p" isExecutable="true">
  <bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:receiveTask id="wait" messageRef="answer"><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:receiveTask>
  <bpmn:boundaryEvent id="b" attachedToRef="wait"><bpmn:outgoing>f3</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:serviceTask id="late"><bpmn:extensionElements><zeebe:taskDefinition type="late"/></bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:endEvent id="e"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  <bpmn:endEvent id="e2"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="wait"/>
  <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="e"/>
  <bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="late"/>
  <bpmn:sequenceFlow id="f4" sourceRef="late" targetRef="e2"/>
</bpmn:process>
<bpmn:message id="answer" name="answer"><bpmn:extensionElements><zeebe:subscription correlationKey="= id"/></bpmn:extensionElements></bpmn:message>
</bpmn:definitions>`

/** Two gateways that lead to each other. */
const circleDiagram = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="circle">
<bpmn:process id="circle" isExecutable="true">
  <bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:exclusiveGateway id="a"><bpmn:incoming>f1</bpmn:incoming><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:exclusiveGateway>
  <bpmn:exclusiveGateway id="b"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:exclusiveGateway>
  <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
  <bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="b"/>
  <bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="a"/>
</bpmn:process>
</bpmn:definitions>`

const scenarios = join(import.meta.dirname, 'scenarios')

function recordedTrace(name: string): string {
  return readFileSync(join(scenarios, name, 'trace.txt'), 'utf8').trimEnd()
}

describe('The embedded engine, step by step', () => {
  it.each(readdirSync(scenarios))('does what the real engine did: %s', async (name) => {
    expect((await playScenario(join(scenarios, name))).join('\n')).toBe(recordedTrace(name))
  })

  // A job that a worker holds is offered again after a restart, where without one its time would have to pass.
  const holding = ['job-timeout']
  const restartable = readdirSync(scenarios).filter((name) => !holding.includes(name))
  it.each(restartable)('does it too when it is restarted after every step: %s', async (name) => {
    const file = join(folder, `${name}.db`)
    expect((await playScenario(join(scenarios, name), file)).join('\n')).toBe(recordedTrace(name))
  })
})
