import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { OutboxQueue, Store, Tx } from '../../hub/store/store.ts'
import { refusal } from '../../hub/domain/refusal.ts'
import type { DayKey, DayStatistics } from '../../hub/statistics/day.ts'
import { aCallback, aKey, anAttempt, anEntry, aQuote } from '../support/store-values.ts'
import { aRegistration, aTransfer, kes } from '../support/store-values.ts'

export type StoreUnderTest = Store & { readonly queue: OutboxQueue; crash(): void }

/** A place where a store keeps its rows, which outlives the store. */
export type StorePlace = {
  open(): StoreUnderTest | Promise<StoreUnderTest>
  remove(): void | Promise<void>
}

/** What every store promises. `makePlace` gives an empty place. */
export function storeContract(
  name: string,
  makePlace: () => StorePlace | Promise<StorePlace>,
): void {
  describe(`the store on ${name}`, () => {
    let place: StorePlace
    let store: StoreUnderTest
    beforeEach(async () => {
      place = await makePlace()
      store = await place.open()
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })
    const reopen = async (): Promise<void> => {
      await store.close()
      store = await place.open()
    }
    const ask = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => store.step(work)
    const addMessage = (line: string, messageId: string, dueAt = 0): Promise<void> => {
      const variables = { amount: { amount: '10.5', currency: 'KES' } }
      const message = { name: 'm', correlationKey: line, messageId, variables, ttlMs: 5 }
      return ask((tx) => tx.outbox.add({ kind: 'message', message, line, dueAt }))
    }
    const dueIds = async (now: number, limit = 100): Promise<readonly string[]> => {
      const rows = await store.queue.due(now, limit, 'message')
      return rows.map((row) => (row.kind === 'message' ? row.message.messageId : row.url))
    }

    describe('steps', () => {
      it('keeps what a step wrote when the store is opened again', async () => {
        await ask((tx) => tx.transfers.insert(aTransfer()))
        await reopen()
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
      })

      it('keeps nothing of a step that throws, and throws its own error to its caller only', async () => {
        const other = aTransfer({ key: aKey({ transferId: 'b' }) })
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const results = await Promise.allSettled([
          ask((tx) => tx.transfers.find(aKey())),
          ask(async (tx) => {
            await tx.transfers.appendTimeline(aKey(), anEntry('lost'))
            await tx.transfers.save(aTransfer({ state: 'aborted' }))
            await tx.outbox.add({
              kind: 'client-callback',
              fspId: '',
              url: '',
              body: '',
              line: '',
              dueAt: 0,
            })
            throw new Error('changed my mind')
          }),
          ask((tx) => tx.transfers.insert(other)),
        ])
        expect(results.map((result) => result.status)).toEqual([
          'fulfilled',
          'rejected',
          'fulfilled',
        ])
        expect(results[1]).toHaveProperty('reason.message', 'changed my mind')
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
        expect(await ask((tx) => tx.transfers.timeline(aKey()))).toEqual([])
        expect(await ask((tx) => tx.transfers.find(other.key))).toEqual(other)
        expect(await store.queue.due(10, 10, 'client-callback')).toEqual([])
      })

      it('fails a step whose statement failed, even when the step looked away', async () => {
        const step = ask(async (tx) => {
          await tx.transfers.insert(aTransfer())
          await tx.transfers.save(aTransfer({ key: aKey({ transferId: 'x' }) })).catch(() => 0)
          await tx.attempts.insert(anAttempt())
          await tx.attempts.insert(anAttempt()).catch(() => 0)
        })
        await expect(step).rejects.toThrow(/constraint/i)
        expect(await ask((tx) => tx.transfers.find(aKey()))).toBeUndefined()
      })

      it('runs steps in the order of asking, each seeing what the ones before it did', async () => {
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const count = async (tx: Tx): Promise<number> => {
          const record = await tx.transfers.find(aKey())
          await tx.transfers.save({ ...aTransfer(), wait: record!.wait + 1 })
          return record!.wait
        }
        const seen = await Promise.all(Array.from({ length: 600 }, () => ask(count)))
        expect(seen).toEqual(seen.map((_, index) => index))
      })

      it('loses in a crash only what was not acknowledged', async () => {
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const settled: string[] = []
        const other = aTransfer({ key: aKey({ transferId: 'b' }) })
        const open = ask((tx) => tx.transfers.insert(other))
        void open.then(() => settled.push('kept')).catch(() => settled.push('failed'))
        store.crash()
        const late = ask((tx) => tx.transfers.insert(other))
        void late.then(() => settled.push('kept')).catch(() => settled.push('failed'))
        store = await place.open()
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
        expect(await ask((tx) => tx.transfers.find(other.key))).toBeUndefined()
        expect(settled).toEqual([])
      })

      it('finishes the steps that were asked for before it closes, and refuses later ones', async () => {
        const open = ask((tx) => tx.transfers.insert(aTransfer()))
        await store.close()
        expect(await open).toBe(true)
        await expect(ask((tx) => tx.transfers.find(aKey()))).rejects.toThrow('the store is closed')
        await reopen()
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
      })
    })

    describe('transfers', () => {
      it('inserts a key once and says so', async () => {
        expect(await ask((tx) => tx.transfers.insert(aTransfer()))).toBe(true)
        const again = aTransfer({ correlationId: 'other' })
        expect(await ask((tx) => tx.transfers.insert(again))).toBe(false)
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
        const otherLeg = aTransfer({ key: aKey({ fspId: 'weaver', role: 'payee' }) })
        expect(await ask((tx) => tx.transfers.insert(otherLeg))).toBe(true)
      })

      it('saves state, facts, wait and times exactly, money included', async () => {
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const saved = aTransfer({
          state: 'aborted',
          wait: 3,
          updatedAt: 7,
          completedAt: 8,
          facts: {
            fee: kes('0.01'),
            terms: aQuote().terms!,
            payee: { id: aTransfer().order.payee, fspId: 'weaver', firstName: 'Ämne' },
            refusal: refusal('payer-blocked', 'frozen'),
          },
        })
        await ask((tx) => tx.transfers.save(saved))
        await reopen()
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(saved)
      })

      it('never changes order and key when it saves', async () => {
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const order = { ...aTransfer().order, amount: kes('999') }
        await ask((tx) => tx.transfers.save(aTransfer({ order, correlationId: 'x' })))
        expect(await ask((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
      })

      it('finds by correlation within an FSP, the payer’s leg first', async () => {
        const payee = aTransfer({ key: aKey({ role: 'payee', transferId: 'p' }), createdAt: 1 })
        await ask((tx) => tx.transfers.insert(payee))
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const found = (fspId: string, id: string) =>
          ask((tx) => tx.transfers.findByCorrelation(fspId, id))
        expect(await found('heron', 'correlation-1')).toEqual(aTransfer())
        expect(await found('weaver', 'correlation-1')).toBeUndefined()
        expect(await found('heron', 'correlation-2')).toBeUndefined()
      })

      it('tells a timeline oldest first, and only its own', async () => {
        await ask(async (tx) => {
          await tx.transfers.insert(aTransfer())
          await tx.transfers.insert(aTransfer({ key: aKey({ role: 'payee' }) }))
          await tx.transfers.appendTimeline(aKey(), anEntry('find-payee', 5))
          await tx.transfers.appendTimeline(aKey({ role: 'payee' }), anEntry('other leg', 5))
          await tx.transfers.appendTimeline(aKey(), anEntry('reserve-funds', 4))
        })
        const timeline = await ask((tx) => tx.transfers.timeline(aKey()))
        expect(timeline).toEqual([anEntry('find-payee', 5), anEntry('reserve-funds', 4)])
      })

      it('lists an FSP’s legs newest first, by role, before a time, up to a limit', async () => {
        await ask(async (tx) => {
          for (let n = 0; n < 250; n++) {
            const role = n % 2 === 0 ? 'payer' : 'payee'
            const key = aKey({ role, transferId: `t${String(n).padStart(3, '0')}` })
            await tx.transfers.insert(aTransfer({ key, createdAt: n }))
          }
          await tx.transfers.insert(aTransfer({ key: aKey({ fspId: 'ibis' }), createdAt: 999 }))
        })
        const times = async (query: Omit<Parameters<Tx['transfers']['list']>[0], 'fspId'>) =>
          (await ask((tx) => tx.transfers.list({ fspId: 'heron', ...query }))).map(
            (r) => r.createdAt,
          )
        expect(await times({ limit: 3 })).toEqual([249, 248, 247])
        expect(await times({ limit: 2, role: 'payer' })).toEqual([248, 246])
        expect(await times({ limit: 2, before: 100 })).toEqual([99, 98])
        expect(await times({ limit: 1000 })).toHaveLength(250)
      })
    })

    describe('idempotency', () => {
      it('keeps the first answer of a scope and refuses to write a second', async () => {
        const scope = { tenant: 'heron', route: 'POST /channel/transfer', key: 'k' }
        const record = { requestHash: 'h', status: 202, body: '{"a":"10.50"}' }
        await ask((tx) => tx.idempotency.insert(scope, record))
        expect(await ask((tx) => tx.idempotency.find(scope))).toEqual(record)
        expect(await ask((tx) => tx.idempotency.find({ ...scope, tenant: 'ibis' }))).toBeUndefined()
        const second = ask((tx) => tx.idempotency.insert(scope, { ...record, status: 200 }))
        await expect(second).rejects.toThrow(/constraint/i)
        expect(await ask((tx) => tx.idempotency.find(scope))).toEqual(record)
      })
    })

    describe('attempts', () => {
      it('finds the latest attempt of a step, as it was last saved', async () => {
        await ask((tx) => tx.attempts.insert(anAttempt()))
        await ask((tx) => tx.attempts.save(anAttempt({ outcome: 'not-happened' })))
        const second = anAttempt({ attempt: 2, upstreamKey: 'second' })
        await ask((tx) => tx.attempts.insert(second))
        const saved = { ...second, tries: 4, sentAt: 77, outcome: 'done' as const }
        await ask((tx) => tx.attempts.save(saved))
        expect(await ask((tx) => tx.attempts.latest(aKey(), 'reserve-funds'))).toEqual(saved)
        expect(await ask((tx) => tx.attempts.latest(aKey(), 'commit-funds'))).toBeUndefined()
      })

      it('keeps an attempt that was not sent and has no message', async () => {
        const { message: _message, sentAt: _sentAt, ...bare } = anAttempt({ tries: 0 })
        await ask((tx) => tx.attempts.insert(bare))
        expect(await ask((tx) => tx.attempts.latest(aKey(), 'reserve-funds'))).toEqual(bare)
      })

      it('refuses to write the same attempt twice, and to save one that is not there', async () => {
        await ask((tx) => tx.attempts.insert(anAttempt()))
        await expect(ask((tx) => tx.attempts.insert(anAttempt()))).rejects.toThrow(/constraint/i)
        const missing = ask((tx) => tx.attempts.save(anAttempt({ attempt: 9 })))
        await expect(missing).rejects.toThrow('never inserted')
      })
    })

    describe('the inbox', () => {
      it('gives rising ids and gives each row back', async () => {
        const first = await ask((tx) => tx.inbox.insert(aCallback()))
        const second = await ask((tx) => tx.inbox.insert(aCallback({ receivedAt: 11 })))
        expect(Number(second)).toBeGreaterThan(Number(first))
        const { fspId, callback, receivedAt } = aCallback()
        const row = { id: first, fspId, receivedAt, callback }
        expect(await ask((tx) => tx.inbox.find(first))).toEqual(row)
        expect(await ask((tx) => tx.inbox.find('999999'))).toBeUndefined()
      })

      it('tells all about a transfer or a quote oldest first, and about a party since a time', async () => {
        const about = (kind: 'transfer' | 'quote' | 'party', receivedAt: number) =>
          ask((tx) => tx.inbox.insert(aCallback({ about: { kind, id: 'x' }, receivedAt })))
        await about('transfer', 2)
        await about('transfer', 1)
        await about('quote', 3)
        await about('party', 4)
        await about('party', 5)
        const times = (rows: readonly { readonly receivedAt: number }[]) =>
          rows.map((r) => r.receivedAt)
        expect(times(await ask((tx) => tx.inbox.ofTransfer('heron', 'x')))).toEqual([1, 2])
        expect(times(await ask((tx) => tx.inbox.ofQuote('heron', 'x')))).toEqual([3])
        expect(times(await ask((tx) => tx.inbox.ofParty('heron', 'x', 5)))).toEqual([5])
        expect(await ask((tx) => tx.inbox.ofTransfer('ibis', 'x'))).toEqual([])
      })

      it('gives money inside a callback back as money', async () => {
        const terms = aQuote().terms!
        const callback = {
          kind: 'quote-given',
          source: 'weaver',
          answeredAt: 1,
          quoteId: 'q',
          terms,
        } as const
        const id = await ask((tx) => tx.inbox.insert(aCallback({ callback })))
        expect((await ask((tx) => tx.inbox.find(id)))?.callback).toEqual(callback)
      })
    })

    describe('the outbox', () => {
      it('gives the first due row of each line, oldest first, and the next once it is done', async () => {
        await addMessage('a', 'a1')
        await addMessage('a', 'a2')
        await addMessage('b', 'b1')
        expect(await dueIds(0)).toEqual(['a1', 'b1'])
        const [first] = await store.queue.due(0, 1, 'message')
        await store.queue.done([first!.id])
        expect(await dueIds(0)).toEqual(['a2', 'b1'])
      })

      it('keeps messages and client callbacks of one line in orders of their own', async () => {
        await addMessage('a', 'a1')
        const callback = { kind: 'client-callback', fspId: 'heron', url: 'u', body: '{}' } as const
        await ask((tx) => tx.outbox.add({ ...callback, line: 'a', dueAt: 0 }))
        expect(await dueIds(0)).toEqual(['a1'])
        const [row] = await store.queue.due(0, 10, 'client-callback')
        expect(row).toEqual({ ...callback, id: row!.id, line: 'a', dueAt: 0, tries: 0 })
      })

      it('leaves the variables of a message as they are', async () => {
        await addMessage('a', 'a1')
        const [row] = await store.queue.due(0, 1, 'message')
        expect(row).toHaveProperty('message.variables.amount', { amount: '10.5', currency: 'KES' })
      })

      it('lets a postponed row hold up its line, and a row that is not due yet hold up nobody', async () => {
        await addMessage('a', 'later', 50)
        await addMessage('a', 'a1')
        await addMessage('a', 'a2')
        expect(await dueIds(10)).toEqual(['a1'])
        const [first] = await store.queue.due(10, 1, 'message')
        await store.queue.postpone(first!.id, 30)
        expect(await dueIds(10)).toEqual([])
        expect(await store.queue.nextDueAt(10)).toBe(30)
        expect(await store.queue.due(30, 9, 'message')).toMatchObject([
          { id: first!.id, tries: 1, dueAt: 30 },
        ])
      })

      it('knows when the next row becomes due', async () => {
        expect(await store.queue.nextDueAt(0)).toBeUndefined()
        await addMessage('a', 'a1', 70)
        await addMessage('b', 'b1', 60)
        expect(await store.queue.nextDueAt(0)).toBe(60)
        expect(await store.queue.nextDueAt(60)).toBe(70)
        expect(await store.queue.nextDueAt(70)).toBeUndefined()
        expect(await dueIds(59)).toEqual([])
        expect(await dueIds(60)).toEqual(['b1'])
      })

      it('wakes the relay after a commit that added a row, and only then', async () => {
        let woken = 0
        store.queue.onAdded(() => woken++)
        await ask((tx) => tx.transfers.insert(aTransfer()))
        const failing = ask(async (tx) => {
          await tx.outbox.add({
            kind: 'client-callback',
            fspId: '',
            url: '',
            body: '',
            line: '',
            dueAt: 0,
          })
          throw new Error('no')
        })
        await expect(failing).rejects.toThrow('no')
        expect(woken).toBe(0)
        await Promise.all([addMessage('a', 'a1'), addMessage('a', 'a2')])
        expect(woken).toBeGreaterThan(0)
      })

      it('never gives an id of a row that left to another', async () => {
        await addMessage('a', 'a1')
        const [first] = await store.queue.due(0, 1, 'message')
        await store.queue.done([first!.id])
        await reopen()
        await addMessage('a', 'a2')
        const [second] = await store.queue.due(0, 1, 'message')
        expect(Number(second!.id)).toBeGreaterThan(Number(first!.id))
      })
    })

    describe('events', () => {
      const line = (transferId: string) => aKey({ transferId })
      const insert = (...ids: readonly string[]) =>
        ask(async (tx) => {
          for (const id of ids) await tx.transfers.insert(aTransfer({ key: line(id) }))
        })
      const append = (id: string, step: string) =>
        ask((tx) => tx.transfers.appendTimeline(line(id), anEntry(step)))
      const told = async (limit = 100): Promise<readonly string[]> =>
        (await store.queue.events(limit)).map(
          ({ event }) => `${event.key.transferId}:${String(event.sequence)} ${event.entry.step}`,
        )

      it('are born with each line of a timeline, with the leg as the step leaves it', async () => {
        const refused = refusal('payer-blocked', 'frozen')
        await ask(async (tx) => {
          await tx.transfers.insert(aTransfer())
          await tx.transfers.appendTimeline(aKey(), anEntry('receive-order', 4))
          const facts = { otherFspId: 'weaver', refusal: refused }
          await tx.transfers.save(aTransfer({ state: 'aborted', facts }))
          await tx.transfers.appendTimeline(aKey(), anEntry('abort-transfer', 5))
        })
        const born = {
          key: aKey(),
          amount: { amount: '10.5', currency: 'KES' },
          correlationId: 'correlation-1',
        }
        const id = `heron:payer:${aKey().transferId}`
        await reopen()
        expect((await store.queue.events(9)).map(({ event }) => event)).toEqual([
          {
            ...born,
            id: `${id}:1`,
            sequence: 1,
            entry: anEntry('receive-order', 4),
            state: 'received',
          },
          {
            ...born,
            id: `${id}:2`,
            sequence: 2,
            entry: anEntry('abort-transfer', 5),
            state: 'aborted',
            otherFspId: 'weaver',
            refusal: { reason: refused.reason, errorCode: refused.errorCode },
          },
        ])
      })

      it('are born with a leg that is saved with its line, as it is then', async () => {
        await insert('a')
        const refused = refusal('payer-blocked', 'frozen')
        const facts = { refusal: refused, otherFspId: 'weaver' }
        const saved = aTransfer({ key: line('a'), state: 'aborted', facts })
        await ask((tx) => tx.transfers.save(saved, anEntry('abort-transfer')))
        await ask((tx) => tx.transfers.save({ ...saved, wait: 1 }))
        await append('a', 'later')
        const [first] = await store.queue.events(9)
        expect(await told()).toEqual(['a:1 abort-transfer', 'a:2 later'])
        expect(first).toMatchObject({
          event: {
            state: 'aborted',
            otherFspId: 'weaver',
            amount: { amount: '10.5', currency: 'KES' },
            refusal: { reason: refused.reason },
          },
        })
        expect(await ask((tx) => tx.transfers.timeline(line('a')))).toEqual([
          anEntry('abort-transfer'),
          anEntry('later'),
        ])
      })

      it('name the payer’s FSP to a payee’s leg', async () => {
        const key = aKey({ fspId: 'weaver', role: 'payee' })
        await ask(async (tx) => {
          await tx.transfers.insert(aTransfer({ key, facts: { otherFspId: 'heron' } }))
          await tx.transfers.appendTimeline(key, anEntry('receive-prepare'))
        })
        expect(await store.queue.events(9)).toMatchObject([{ event: { otherFspId: 'heron' } }])
      })

      it('are numbered for each leg without gaps, steps that failed included', async () => {
        await insert('a', 'b')
        await append('a', 'one')
        const failing = ask(async (tx) => {
          await tx.transfers.appendTimeline(line('a'), anEntry('lost'))
          throw new Error('changed my mind')
        })
        await expect(failing).rejects.toThrow('changed my mind')
        await append('b', 'one')
        await append('a', 'two')
        expect(await told()).toEqual(['a:1 one', 'b:1 one', 'a:2 two'])
      })

      it('are numbered in the order in which they leave, when many steps write of a leg at once', async () => {
        await insert('a', 'b')
        const asked = Array.from({ length: 20 }, (_, n) => append(n % 2 ? 'a' : 'b', String(n)))
        await Promise.all(asked)
        for (const id of ['a', 'b']) {
          const sequences = (await store.queue.events(100))
            .filter(({ event }) => event.key.transferId === id)
            .map(({ event }) => event.sequence)
          expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        }
      })

      it('have no leg to belong to that was never inserted', async () => {
        await expect(append('x', 'one')).rejects.toThrow('never inserted')
      })

      it('come again until they are told, a batch at a time, and hold up nothing else', async () => {
        await insert('a')
        for (const step of ['one', 'two', 'three']) await append('a', step)
        await addMessage(`heron:payer:a`, 'message')
        expect(await told(2)).toEqual(['a:1 one', 'a:2 two'])
        const batch = await store.queue.events(2)
        expect(batch.map(({ event }) => event.sequence)).toEqual([1, 2])
        await store.queue.eventsTold(batch)
        await reopen()
        expect(await told(2)).toEqual(['a:3 three'])
        await store.queue.eventsTold(await store.queue.events(2))
        expect(await told()).toEqual([])
        expect(await dueIds(0)).toEqual(['message'])
        await append('a', 'four')
        expect(await told()).toEqual(['a:4 four'])
      })

      it('wake who tells them after a commit that added one, and only then', async () => {
        let woken = 0
        store.queue.onEvents(() => woken++)
        await insert('a')
        const failing = ask(async (tx) => {
          await tx.transfers.appendTimeline(line('a'), anEntry('lost'))
          throw new Error('no')
        })
        await expect(failing).rejects.toThrow('no')
        expect(woken).toBe(0)
        await append('a', 'one')
        expect(woken).toBeGreaterThan(0)
      })
    })

    describe('statistics', () => {
      const day = (fields: Partial<DayKey> = {}): DayStatistics => ({
        key: { fspId: 'heron', role: 'payer', currency: 'KES', day: '2026-01-31', ...fields },
        received: 3,
        committed: 1,
        amount: kes('123456789012345.67'),
        aborted: { 'payer-blocked': 2 },
        took: { totalMs: 900, longestMs: 700, within: { 200: 1, 700: 1 } },
      })

      it('keep what was counted of a leg, and the latest of it', async () => {
        const counted = () => ask((tx) => tx.statistics.leg(aKey()))
        expect(await counted()).toBeUndefined()
        await ask((tx) => tx.statistics.saveLeg(aKey(), { sequence: 1, receivedAt: 5 }))
        expect(await counted()).toEqual({ sequence: 1, receivedAt: 5 })
        const ended = { sequence: 9, receivedAt: 5, endedAt: 8 }
        await ask((tx) => tx.statistics.saveLeg(aKey(), ended))
        await reopen()
        expect(await counted()).toEqual(ended)
        expect(await ask((tx) => tx.statistics.leg(aKey({ role: 'payee' })))).toBeUndefined()
      })

      it('keep a day exactly, and the latest of it', async () => {
        expect(await ask((tx) => tx.statistics.day(day().key))).toBeUndefined()
        await ask((tx) => tx.statistics.saveDay(day()))
        const later = { ...day(), received: 4, amount: kes('0.01'), aborted: {} }
        await ask((tx) => tx.statistics.saveDay(later))
        expect(await ask((tx) => tx.statistics.day(day().key))).toEqual(later)
      })

      it('list an FSP’s days, first and last included, oldest first', async () => {
        const keys = ['2026-02-01', '2025-12-31', '2026-01-01'].map((each) => day({ day: each }))
        const others = [day({ fspId: 'ibis' }), day({ day: '2026-02-02' })]
        await ask(async (tx) => {
          for (const each of [...keys, ...others]) await tx.statistics.saveDay(each)
        })
        const query = { fspId: 'heron', from: '2025-12-31', to: '2026-02-01' }
        const found = await ask((tx) => tx.statistics.days(query))
        expect(found).toEqual([keys[1], keys[2], keys[0]])
      })
    })

    describe('lookups, quotes, problems and registrations', () => {
      it('lists who waits for a party until each is closed', async () => {
        const waiter = (line: string) => ({
          line,
          messageName: 'party-given',
          correlationKey: `${line}:1`,
          since: 1,
        })
        const again = { ...waiter('a'), correlationKey: 'a:2' }
        await ask((tx) => tx.lookups.open('heron', 'p', waiter('a')))
        await ask((tx) => tx.lookups.open('heron', 'p', waiter('b')))
        await ask((tx) => tx.lookups.open('heron', 'p', again))
        expect(await ask((tx) => tx.lookups.waiters('heron', 'p'))).toEqual([again, waiter('b')])
        await ask((tx) => tx.lookups.close('heron', 'p', 'a'))
        expect(await ask((tx) => tx.lookups.waiters('heron', 'p'))).toEqual([waiter('b')])
        expect(await ask((tx) => tx.lookups.waiters('ibis', 'p'))).toEqual([])
      })

      it('keeps a quote once, and finds it by id and by condition', async () => {
        expect(await ask((tx) => tx.quotes.insert(aQuote()))).toBe(true)
        expect(await ask((tx) => tx.quotes.insert(aQuote({ createdAt: 5 })))).toBe(false)
        expect(await ask((tx) => tx.quotes.find('weaver', 'quote-1'))).toEqual(aQuote())
        expect(await ask((tx) => tx.quotes.findByCondition('weaver', 'condition-1'))).toEqual(
          aQuote(),
        )
        expect(await ask((tx) => tx.quotes.findByCondition('heron', 'condition-1'))).toBeUndefined()
      })

      it('knows the transfer that a quote is honoured for', async () => {
        await ask((tx) => tx.quotes.insert(aQuote()))
        await ask((tx) => tx.quotes.honour('weaver', 'quote-1', 'transfer-1'))
        await ask((tx) => tx.quotes.honour('weaver', 'quote-1', 'transfer-2'))
        expect(await ask((tx) => tx.quotes.find('weaver', 'quote-1'))).toEqual(
          aQuote({ honouredFor: 'transfer-2' }),
        )
        await expect(
          ask((tx) => tx.quotes.honour('heron', 'quote-1', 'transfer-1')),
        ).rejects.toThrow('never given')
      })

      it('keeps a quote that was refused', async () => {
        const { terms: _terms, accountId: _accountId, ...refused } = aQuote()
        await ask((tx) => tx.quotes.insert(refused))
        expect(await ask((tx) => tx.quotes.find('weaver', 'quote-1'))).toEqual(refused)
      })

      it('opens a problem once, closes it, and may open it again', async () => {
        const problem = {
          key: aKey(),
          kind: 'booking-owed',
          detail: 'frozen',
          openedAt: 1,
        } as const
        const open = () => ask((tx) => tx.problems.listOpen('heron'))
        await ask((tx) => tx.problems.open(problem))
        await ask((tx) => tx.problems.open({ ...problem, detail: 'again', openedAt: 2 }))
        expect(await open()).toEqual([problem])
        await ask((tx) => tx.problems.close(aKey(), 'booking-owed', 3))
        expect(await open()).toEqual([])
        await ask((tx) => tx.problems.open({ ...problem, openedAt: 4 }))
        expect(await open()).toEqual([{ ...problem, openedAt: 4 }])
      })

      it('keeps a registration and its progress', async () => {
        await ask((tx) => tx.registrations.insert(aRegistration()))
        const saved = aRegistration({
          state: 'aborted',
          refusal: refusal('identifier-taken', 'x'),
          wait: 2,
          updatedAt: 9,
        })
        await ask((tx) => tx.registrations.save(saved))
        expect(await ask((tx) => tx.registrations.find('heron', 'registration-1'))).toEqual(saved)
        expect(await ask((tx) => tx.registrations.find('ibis', 'registration-1'))).toBeUndefined()
        const missing = ask((tx) => tx.registrations.save(aRegistration({ fspId: 'ibis' })))
        await expect(missing).rejects.toThrow('never inserted')
      })
    })
  })
}
