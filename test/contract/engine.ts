import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type {
  Incident,
  Job,
  JobVerdict,
  Message,
  Variables,
  WorkflowEngine,
} from '../../hub/engine/engine.ts'

/** An engine under test, and the few things about it that the contract cannot ask for. */
export type EngineUnderTest = {
  readonly engine: WorkflowEngine
  /** Moves the engine's clock on. */
  advance(ms: number): Promise<void>
  /** Resolves once the engine has done all that it can do without time passing. */
  settle(): Promise<void>
  incidents(): Promise<readonly Incident[]>
  /** How much time passes by itself between two steps of a test, and how late the engine may act: 0 if time stands still. */
  readonly slackMs: number
  /** Stops the engine as a power cut would and opens it again; undefined if it keeps nothing. */
  restart?(): Promise<EngineUnderTest>
}

const options = { maxActive: 10, timeoutMs: 30_000 }
const done: JobVerdict = { kind: 'complete', variables: {} }

/** What every workflow engine promises. `make` gives a fresh, empty one each time; it is closed after each test. */
export function engineContract(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`${name} as a workflow engine`, () => {
    let under: EngineUnderTest
    beforeEach(async () => {
      under = await make()
    })
    afterEach(async () => {
      await under.engine.close()
    })

    deploying(() => under)
    running(() => under)
    correlating(() => under)
    timing(() => under)
    failing(() => under)
    it('goes on after a crash with what it had promised: waits, timers, messages and jobs', async () => {
      if (under.restart === undefined) return
      const seen: Job[] = []
      await deploy(under, transferDiagram)
      await start(under, 't1')
      await start(under, 't2')
      await under.engine.publish(message('answer', 't9', { outcome: 'late' }, 60_000))
      under = await under.restart()
      serve(under, { 'ask-payee': () => done, finish: (job) => note(seen, job) })
      await under.settle()
      await under.engine.publish(message('answer', 't1', { outcome: 'yes' }))
      await under.settle()
      expect(seen.map(variablesOf)).toEqual([{ transferId: 't1', outcome: 'yes' }])
      await start(under, 't9')
      await under.settle()
      expect(seen.map(variablesOf)).toContainEqual({ transferId: 't9', outcome: 'late' })
      await under.advance(10_000 + under.slackMs)
      await under.settle()
      expect(
        seen.map(({ bpmnProcessId, variables }) => [bpmnProcessId, variables['timedOut']]),
      ).toContainEqual(['transfer', true])
    })
  })
}

function deploying(under: () => EngineUnderTest): void {
  it('gives the same file the same version again, and a changed one the next', async () => {
    const first = await deploy(under(), transferDiagram)
    expect(await deploy(under(), transferDiagram)).toEqual(first)
    const [changed] = await deploy(under(), transferDiagram.replace('PT10S', 'PT11S'))
    expect(changed).toMatchObject({ bpmnProcessId: 'transfer', version: 2 })
  })

  it('refuses a file that is not BPMN, and one whose service task has no job type', async () => {
    await expect(deploy(under(), '<html/>')).rejects.toThrow()
    const untyped = transferDiagram.replace('<zeebe:taskDefinition type="finish"/>', '')
    await expect(deploy(under(), untyped)).rejects.toThrow(/finish/)
  })
}

function running(under: () => EngineUnderTest): void {
  it('hands a job to its worker with the variables, and completes the instance', async () => {
    const seen: Job[] = []
    await deploy(under(), taskDiagram())
    serve(under(), { work: (job) => note(seen, job) })
    const { processInstanceKey } = await under().engine.createInstance('task', { amount: '10.50' })
    await under().settle()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      type: 'work',
      processInstanceKey,
      bpmnProcessId: 'task',
      elementId: 'work',
      retries: 3,
      variables: { amount: '10.50' },
    })
    await expect(under().engine.cancel(processInstanceKey)).rejects.toThrow()
  })

  it('serves at most maxActive jobs of a worker at once, oldest first', async () => {
    await deploy(under(), taskDiagram())
    const waiting: ((verdict: JobVerdict) => void)[] = []
    const order: unknown[] = []
    under().engine.work(
      'work',
      (job) => {
        order.push(job.variables['n'])
        return new Promise((resolve) => waiting.push(resolve))
      },
      { maxActive: 2, timeoutMs: 30_000 },
    )
    for (const n of [1, 2, 3]) await under().engine.createInstance('task', { n })
    await under().settle()
    expect(order).toEqual([1, 2])
    waiting[0]?.(done)
    await under().settle()
    expect(order).toEqual([1, 2, 3])
    waiting.forEach((answer) => {
      answer(done)
    })
    await under().settle()
  })

  it('takes the jobs of a cancelled instance away', async () => {
    const seen: Job[] = []
    await deploy(under(), taskDiagram())
    const { processInstanceKey } = await under().engine.createInstance('task', {})
    await under().engine.cancel(processInstanceKey)
    serve(under(), { work: (job) => note(seen, job) })
    await under().settle()
    expect(seen).toEqual([])
  })

  it('does not give a worker that is closed any more jobs', async () => {
    const seen: Job[] = []
    await deploy(under(), taskDiagram())
    const worker = under().engine.work('work', async (job) => note(seen, job), options)
    await worker.close()
    await under().engine.createInstance('task', {})
    await under().settle()
    expect(seen).toEqual([])
  })
}

function correlating(under: () => EngineUnderTest): void {
  it('starts one instance for a message, however often it is published', async () => {
    const seen: Job[] = []
    await deploy(under(), transferDiagram)
    serve(under(), { 'ask-payee': (job) => note(seen, job) })
    await start(under(), 't1')
    await start(under(), 't1')
    await under().engine.publish({ ...startMessage('t1'), messageId: 'another' })
    await under().settle()
    expect(seen.map(variablesOf)).toEqual([{ transferId: 't1' }])
  })

  it('brings a message to the instance that waits for its key, and to no other', async () => {
    const seen: Job[] = []
    await deploy(under(), transferDiagram)
    serve(under(), { 'ask-payee': () => done, finish: (job) => note(seen, job) })
    await start(under(), 't1')
    await start(under(), 't2')
    await under().settle()
    await under().engine.publish(message('answer', 't2', { outcome: 'yes' }))
    await under().settle()
    expect(seen.map(variablesOf)).toEqual([{ transferId: 't2', outcome: 'yes' }])
  })

  it('keeps a message that comes before its wait until its time to live is over', async () => {
    const seen: Job[] = []
    await deploy(under(), transferDiagram)
    serve(under(), { 'ask-payee': () => done, finish: (job) => note(seen, job) })
    await under().engine.publish(message('answer', 't1', { outcome: 'early' }, 60_000))
    await under().engine.publish(message('answer', 't2', { outcome: 'too early' }, 1000))
    await under().engine.publish(message('answer', 't3', { outcome: 'never' }, 0))
    await under().advance(2000)
    for (const id of ['t1', 't2', 't3']) await start(under(), id)
    await under().settle()
    expect(seen.map(variablesOf)).toEqual([{ transferId: 't1', outcome: 'early' }])
  })
}

function timing(under: () => EngineUnderTest): void {
  it('goes the way of the timer when no message comes in time, and then hears the message no more', async () => {
    const seen: Job[] = []
    await deploy(under(), transferDiagram)
    serve(under(), { 'ask-payee': () => done, finish: (job) => note(seen, job) })
    await start(under(), 't1')
    await under().settle()
    await under().advance(9999 - under().slackMs)
    expect(seen).toEqual([])
    await under().advance(1 + 2 * under().slackMs)
    await under().settle()
    await under().engine.publish(message('answer', 't1', { outcome: 'late' }))
    await under().settle()
    expect(seen.map(variablesOf)).toEqual([{ transferId: 't1', timedOut: true }])
  })

  it('offers a job again when its worker has not answered in time, and takes the late answer if nobody else gave one', async () => {
    const answers: ((verdict: JobVerdict) => void)[] = []
    await deploy(under(), taskDiagram())
    under().engine.work('work', () => new Promise((resolve) => answers.push(resolve)), {
      maxActive: 1,
      timeoutMs: 5000,
    })
    const { processInstanceKey } = await under().engine.createInstance('task', {})
    await under().settle()
    expect(answers).toHaveLength(1)
    await under().advance(5000 + under().slackMs)
    await under().settle()
    expect(answers).toHaveLength(2)
    answers[0]?.(done)
    await under().settle()
    await expect(under().engine.cancel(processInstanceKey)).rejects.toThrow()
    answers[1]?.(done)
    await under().settle()
  })
}

function failing(under: () => EngineUnderTest): void {
  it('takes the way of the boundary event that catches an error', async () => {
    const seen: Job[] = []
    await deploy(under(), taskDiagram())
    serve(under(), {
      work: () => ({
        kind: 'error',
        code: 'refused',
        message: 'no',
        variables: { why: 'no money' },
      }),
      refused: (job) => note(seen, job),
    })
    await under().engine.createInstance('task', { n: 1 })
    await under().settle()
    expect(seen.map(variablesOf)).toEqual([{ n: 1, reason: 'no money' }])
  })

  it('tries a failed job again after its back-off, and opens an incident when no tries are left', async () => {
    let tries = 0
    await deploy(under(), taskDiagram())
    serve(under(), {
      work: (job) => {
        tries++
        return {
          kind: 'fail',
          message: `try ${String(tries)}`,
          retries: job.retries - 1,
          backoffMs: 20_000,
        }
      },
    })
    await under().engine.createInstance('task', {})
    await under().settle()
    expect(tries).toBe(1)
    await under().advance(19_999 - under().slackMs)
    expect(tries).toBe(1)
    for (let round = 0; round < 5; round++) {
      await under().advance(20_000 + under().slackMs)
      await under().settle()
    }
    expect(tries).toBe(3)
    expect(await under().incidents()).toMatchObject([
      { type: 'JOB_NO_RETRIES', message: 'try 3', bpmnProcessId: 'task', elementId: 'work' },
    ])
  })

  it('goes on with a job whose incident was resolved with new tries', async () => {
    let isBroken = true
    await deploy(under(), taskDiagram())
    serve(under(), {
      work: () => (isBroken ? { kind: 'fail', message: 'broken', retries: 0, backoffMs: 0 } : done),
    })
    const { processInstanceKey } = await under().engine.createInstance('task', {})
    await under().settle()
    isBroken = false
    const [incident] = await under().incidents()
    await under().engine.resolveIncident(incident?.key ?? '', 1)
    await under().settle()
    expect(await under().incidents()).toEqual([])
    await expect(under().engine.cancel(processInstanceKey)).rejects.toThrow()
  })

  it('takes one try from a job whose handler throws, and offers it again a second later', async () => {
    const retries: number[] = []
    await deploy(under(), taskDiagram())
    serve(under(), {
      work: (job) => {
        retries.push(job.retries)
        if (retries.length === 1) throw new Error('a bug')
        return done
      },
    })
    await under().engine.createInstance('task', {})
    await under().settle()
    await under().advance(1000 + under().slackMs)
    await under().settle()
    expect(retries).toEqual([3, 2])
  })

  it('opens an incident for an error that nothing catches', async () => {
    await deploy(under(), taskDiagram())
    serve(under(), {
      work: () => ({ kind: 'error', code: 'unheard-of', message: 'x', variables: {} }),
    })
    await under().engine.createInstance('task', {})
    await under().settle()
    expect(await under().incidents()).toMatchObject([
      { type: 'UNHANDLED_ERROR_EVENT', elementId: 'work' },
    ])
  })
}

function deploy({ engine }: EngineUnderTest, xml: string): ReturnType<WorkflowEngine['deploy']> {
  return engine.deploy([{ name: 'diagram.bpmn', xml }])
}

function serve(
  { engine }: EngineUnderTest,
  handlers: Readonly<Record<string, (job: Job) => JobVerdict>>,
): void {
  for (const [type, handler] of Object.entries(handlers)) {
    engine.work(type, async (job) => Promise.resolve(handler(job)), options)
  }
}

function note(seen: Job[], job: Job): JobVerdict {
  seen.push(job)
  return done
}

function variablesOf(job: Job): Variables {
  return job.variables
}

function startMessage(transferId: string): Message {
  return {
    ...message('transfer-received', transferId, { transferId }, 3_600_000),
    messageId: transferId,
  }
}

async function start({ engine }: EngineUnderTest, transferId: string): Promise<void> {
  await engine.publish(startMessage(transferId))
}

function message(name: string, correlationKey: string, variables: Variables, ttlMs = 0): Message {
  return { name, correlationKey, messageId: '', variables, ttlMs }
}

const definitions = (content: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="contract">
${content}
</bpmn:definitions>`

/** A task with an error boundary event, whose way leads to a second task. */
const taskDiagram = (): string =>
  definitions(`<bpmn:process id="task" isExecutable="true">
  <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:boundaryEvent id="caught" attachedToRef="work"><bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="= why" target="reason"/></zeebe:ioMapping></bpmn:extensionElements><bpmn:outgoing>f3</bpmn:outgoing><bpmn:errorEventDefinition errorRef="refusal"/></bpmn:boundaryEvent>
  <bpmn:serviceTask id="refused"><bpmn:extensionElements><zeebe:taskDefinition type="refused"/></bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:endEvent id="end"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  <bpmn:endEvent id="end-refused"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="work"/>
  <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="end"/>
  <bpmn:sequenceFlow id="f3" sourceRef="caught" targetRef="refused"/>
  <bpmn:sequenceFlow id="f4" sourceRef="refused" targetRef="end-refused"/>
</bpmn:process>
<bpmn:error id="refusal" errorCode="refused"/>`)

/** Started by a message, asks, waits for the answer for ten seconds, and finishes either way. */
const transferDiagram = definitions(`<bpmn:process id="transfer" isExecutable="true">
  <bpmn:startEvent id="received"><bpmn:outgoing>f1</bpmn:outgoing><bpmn:messageEventDefinition messageRef="transfer-received"/></bpmn:startEvent>
  <bpmn:serviceTask id="ask-payee"><bpmn:extensionElements><zeebe:taskDefinition type="ask-payee"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:receiveTask id="wait" messageRef="answer"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:receiveTask>
  <bpmn:boundaryEvent id="too-late" attachedToRef="wait"><bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="= true" target="timedOut"/></zeebe:ioMapping></bpmn:extensionElements><bpmn:outgoing>f4</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeDuration>PT10S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:serviceTask id="finish"><bpmn:extensionElements><zeebe:taskDefinition type="finish"/></bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:endEvent id="end"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="received" targetRef="ask-payee"/>
  <bpmn:sequenceFlow id="f2" sourceRef="ask-payee" targetRef="wait"/>
  <bpmn:sequenceFlow id="f3" sourceRef="wait" targetRef="finish"/>
  <bpmn:sequenceFlow id="f4" sourceRef="too-late" targetRef="finish"/>
  <bpmn:sequenceFlow id="f5" sourceRef="finish" targetRef="end"/>
</bpmn:process>
<bpmn:message id="transfer-received" name="transfer-received"/>
<bpmn:message id="answer" name="answer"><bpmn:extensionElements><zeebe:subscription correlationKey="= transferId"/></bpmn:extensionElements></bpmn:message>`)
