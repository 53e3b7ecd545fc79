import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, type LedgerConnector, type LedgerMove } from '../../hub/connector.ts'
import { moneyOf, noMoney, type Money } from '../../hub/domain/money.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import { isRefusal } from '../../hub/domain/refusal.ts'
import type { Role } from '../../hub/domain/transfer.ts'

/** A core with customers, as this suite needs them. Each is known by an MSISDN and has a KES account. */
export type LedgerUnderTest = {
  readonly ledger: LedgerConnector
  /** Has 10,000.00 KES and no other currency. */
  readonly customer: PartyId
  /** Her account lets nothing in and nothing out. */
  readonly frozen: PartyId
  /** Has 0.00 KES. */
  readonly penniless: PartyId
  readonly nobody: PartyId
  /** What is left to her, holds taken off, by the core's own books. */
  readonly availableOf: (party: PartyId) => Promise<Money>
  /** Loses the answer to the next call that moves money, after it was done. */
  readonly loseNextAnswer: () => void
  readonly close: () => Promise<void>
}

const kes = (amount: string): Money => moneyOf({ amount, currency: 'KES' })

/** What every core's connector promises. `makeCore` gives a fresh one. */
export function ledgerContract(name: string, makeCore: () => Promise<LedgerUnderTest>): void {
  describe(`the ledger of ${name}`, () => {
    let core: LedgerUnderTest
    let ledger: LedgerConnector
    let transfers = 0
    beforeEach(async () => {
      core = await makeCore()
      ledger = core.ledger
    })
    afterEach(() => core.close())

    const accountOf = async (party: PartyId, role: Role = 'payer'): Promise<string> => {
      const account = await ledger.findAccount(party, 'KES', role)
      if (isRefusal(account)) throw new Error(account.description)
      return account.accountId
    }
    const aMove = async (role: Role, amount = '100'): Promise<LedgerMove> => {
      transfers++
      const transferId = `0a6e2a3e-8f6b-4c54-9d7c-${String(transfers).padStart(12, '0')}`
      const accountId = await accountOf(core.customer)
      const question = {
        accountId,
        role,
        amount: kes(amount),
        amountType: 'SEND',
        transferId,
      } as const
      const price = await ledger.price(question)
      if (isRefusal(price)) throw new Error(price.description)
      const fee = role === 'payer' ? price.fee : noMoney('KES')
      return { transferId, accountId, amount: kes(amount), fee, idempotencyKey: `k-${transferId}` }
    }
    const available = async (): Promise<bigint> =>
      (await core.availableOf(core.customer)).minorUnits
    const again = (move: LedgerMove): LedgerMove => ({
      ...move,
      idempotencyKey: `${move.idempotencyKey}-2`,
    })

    describe('finding', () => {
      it('knows a customer by name and account', async () => {
        const party = await ledger.findParty(core.customer)
        expect(party).toHaveProperty('displayName')
        const account = await ledger.findAccount(core.customer, 'KES', 'payee')
        expect(account).toMatchObject({ currency: 'KES', party })
      })

      it.each(['payer', 'payee'] as const)(
        'says why there is no account for a %s',
        async (role) => {
          const reasonOf = async (party: PartyId, currency = 'KES') =>
            ledger.findAccount(party, currency, role)
          expect(await reasonOf(core.nobody)).toMatchObject({ reason: `${role}-not-found` })
          expect(await reasonOf(core.frozen)).toMatchObject({ reason: `${role}-blocked` })
          expect(await reasonOf(core.customer, 'TND')).toMatchObject({
            reason: `${role}-currency-not-held`,
          })
        },
      )

      it('knows a customer whose account is frozen, and nobody as nobody', async () => {
        expect(isRefusal(await ledger.findParty(core.frozen))).toBe(false)
        expect(await ledger.findParty(core.nobody)).toMatchObject({ reason: 'payee-not-found' })
      })

      it('registers an identifier once for one account', async () => {
        const alias: PartyId = { type: 'ALIAS', identifier: 'duka la Wanjiku', subId: 'till/1' }
        const [mine, other] = [await accountOf(core.customer), await accountOf(core.penniless)]
        expect(await ledger.registerParty(alias, mine)).toBe('done')
        expect(await ledger.registerParty(alias, mine)).toBe('done')
        expect(await ledger.registerParty(alias, other)).toMatchObject({
          reason: 'identifier-taken',
        })
        expect(await accountOf(alias)).toBe(mine)
        expect(await ledger.unregisterParty(alias)).toBe('done')
        expect(await ledger.unregisterParty(alias)).toBe('done')
        expect(await ledger.findParty(alias)).toMatchObject({ reason: 'payee-not-found' })
      })
    })

    describe('pricing', () => {
      it('takes nothing from a payee, and refuses a payer without the balance', async () => {
        const question = { amount: kes('100'), amountType: 'SEND', transferId: 't' } as const
        const accountId = await accountOf(core.customer)
        const payee = await ledger.price({ ...question, accountId, role: 'payee' })
        expect(payee).toEqual({ fee: noMoney('KES') })
        const poor = await accountOf(core.penniless)
        expect(await ledger.price({ ...question, accountId: poor, role: 'payer' })).toMatchObject({
          reason: 'payer-insufficient-funds',
        })
      })
    })

    describe('moving', () => {
      it('reserves and commits: the payer pays amount and fee', async () => {
        const before = await available()
        const move = await aMove('payer', '100.05')
        const total = move.amount.minorUnits + move.fee.minorUnits
        expect(await ledger.outcome(move, 'payer')).toBe('nothing')
        expect(await ledger.reserve(move)).toBe('done')
        expect(await ledger.outcome(move, 'payer')).toBe('held')
        expect(await available()).toBe(before - total)
        expect(await ledger.commit(move)).toBe('done')
        expect(await ledger.outcome(move, 'payer')).toBe('booked')
        expect(await available()).toBe(before - total)
      })

      it('reserves and releases: nothing is paid', async () => {
        const before = await available()
        const move = await aMove('payer')
        await ledger.reserve(move)
        expect(await ledger.release(move)).toBe('done')
        expect(await ledger.outcome(move, 'payer')).toBe('released')
        expect(await available()).toBe(before)
      })

      it('credits: the payee gets the amount', async () => {
        const before = await available()
        const move = await aMove('payee', '0.07')
        expect(await ledger.outcome(move, 'payee')).toBe('nothing')
        expect(await ledger.credit(move)).toBe('done')
        expect(await ledger.outcome(move, 'payee')).toBe('booked')
        expect(await available()).toBe(before + 7n)
      })

      it('does each move once, under the same key and under another', async () => {
        const before = await available()
        const move = await aMove('payer')
        const total = move.amount.minorUnits + move.fee.minorUnits
        for (const each of [move, move, again(move)])
          expect(await ledger.reserve(each)).toBe('done')
        expect(await available()).toBe(before - total)
        const commit = again(move)
        for (const each of [commit, commit, move]) expect(await ledger.commit(each)).toBe('done')
        expect(await available()).toBe(before - total)
        const credit = await aMove('payee')
        for (const each of [credit, credit, again(credit)])
          expect(await ledger.credit(each)).toBe('done')
        expect(await available()).toBe(before - total + credit.amount.minorUnits)
      })

      it('releases once, and has nothing to release where nothing is held', async () => {
        const move = await aMove('payer')
        expect(await ledger.release(move)).toBe('done')
        const other = await aMove('payer')
        await ledger.reserve(other)
        for (const each of [again(other), again(other), { ...other, idempotencyKey: 'k3' }])
          expect(await ledger.release(each)).toBe('done')
        expect(await ledger.outcome(other, 'payer')).toBe('released')
      })

      it('holds all that a payer has, and says so again', async () => {
        const all = await aMove('payer', '9900')
        expect(await ledger.reserve(all)).toBe('done')
        expect(await ledger.reserve(again(all))).toBe('done')
        const more = { ...all, transferId: '0a6e2a3e-8f6b-4c54-9d7c-999999999999' }
        expect(await ledger.reserve({ ...more, idempotencyKey: 'more' })).toMatchObject({
          reason: 'payer-insufficient-funds',
        })
      })

      it('refuses to commit what is not held', async () => {
        const move = await aMove('payer')
        const before = await available()
        expect(isRefusal(await ledger.commit(move))).toBe(true)
        expect(await available()).toBe(before)
      })
    })

    describe('when the answer is lost', () => {
      it.each(['reserve', 'commit', 'release', 'credit'] as const)(
        'nobody knows, until the outcome is asked: %s',
        async (call) => {
          const role = call === 'credit' ? 'payee' : 'payer'
          const move = await aMove(role)
          if (call === 'commit' || call === 'release') await ledger.reserve(again(move))
          core.loseNextAnswer()
          await expect(ledger[call](move)).rejects.toThrow(OutcomeUnknown)
          const reached = {
            reserve: 'held',
            commit: 'booked',
            release: 'released',
            credit: 'booked',
          }
          expect(await ledger.outcome(move, role)).toBe(reached[call])
          const left = await available()
          expect(await ledger[call](move)).toBe('done')
          expect(await available()).toBe(left)
        },
      )
    })

    describe('suspense', () => {
      it.each(['payer', 'payee'] as const)(
        'takes and gives back once per key, and touches no customer: %s',
        async (role) => {
          const move = await aMove(role)
          const before = await available()
          for (const direction of ['suspend', 'unsuspend'] as const) {
            const keyed = { ...move, idempotencyKey: `${direction}:${move.transferId}` }
            expect(await ledger[direction](keyed, role)).toBe('done')
            expect(await ledger[direction](keyed, role)).toBe('done')
          }
          expect(await available()).toBe(before)
        },
      )
    })
  })
}
