import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { refusal } from '../../../hub/domain/refusal.ts'
import type { Job } from '../../../hub/engine/engine.ts'
import { jobHandler, jobRetries } from '../../../hub/engine/job-outcome.ts'
import type { Step } from '../../../hub/workflow.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

function aJob(retries = jobRetries): Job {
  return {
    key: '1',
    type: 'reserve-funds',
    processInstanceKey: '2',
    bpmnProcessId: 'payer-transfer',
    elementId: 'reserve-funds',
    retries,
    variables: { fspId: 'heron', transferId: 't' },
    customHeaders: {},
  }
}

async function verdictOf(step: Step, job = aJob()) {
  const shown: string[] = []
  const showIncident = (_job: Job, why: string) => Promise.resolve(void shown.push(why))
  const handler = jobHandler(step, { clock: createFakeClock(), log: silentLog, showIncident })
  return { verdict: await handler(job), shown }
}

describe('what becomes of a step', () => {
  it('done: completes the job', async () => {
    const { verdict } = await verdictOf(() => Promise.resolve({ next: 'held' }))
    expect(verdict).toEqual({ kind: 'complete', variables: { next: 'held' } })
  })

  it('the other side said no: throws the BPMN error', async () => {
    const no = refusal('payer-blocked', 'frozen')
    const { verdict } = await verdictOf(() => Promise.resolve(no))
    expect(verdict).toMatchObject({ kind: 'error', code: 'refused' })
  })

  it.each([new Unavailable('down'), new OutcomeUnknown('timeout')])(
    'surely did not happen, or nobody knows (%s): tries again with growing pauses, for ever',
    async (failure) => {
      const step = () => Promise.reject(failure)
      const first = await verdictOf(step)
      expect(first.verdict).toMatchObject({ kind: 'fail', retries: 999, backoffMs: 1_000 })
      expect((await verdictOf(step, aJob(997))).verdict).toMatchObject({ backoffMs: 8_000 })
      expect((await verdictOf(step, aJob(900))).verdict).toMatchObject({ backoffMs: 60_000 })
      expect((await verdictOf(step, aJob(1))).verdict).toMatchObject({ retries: 1 })
      expect(first.shown).toEqual([])
    },
  )

  it('what was tried in vain for minutes is shown to a person once, and tried on', async () => {
    const down = () => Promise.reject(new Unavailable('the core is down'))
    expect((await verdictOf(down, aJob(jobRetries - 9))).shown).toEqual([])
    expect((await verdictOf(down, aJob(jobRetries - 10))).shown).toEqual(['the core is down'])
    expect((await verdictOf(down, aJob(jobRetries - 11))).shown).toEqual([])
  })

  it('our own mistake: an incident at once, and a person sees it', async () => {
    const mistake = () => Promise.reject(new Error('cannot add KES and UGX'))
    const { verdict, shown } = await verdictOf(mistake)
    expect(verdict).toMatchObject({ kind: 'fail', retries: 0 })
    expect(shown.join()).toContain('cannot add KES and UGX')
  })
})
