import { moneyOf, type Money } from '../../hub/domain/money.ts'
import type { TimelineEntry, TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { TransferKey } from '../../hub/domain/transfer.ts'
import type { Attempt, GivenQuote, InboxInsert, Registration } from '../../hub/store/store.ts'

/** Kenyan shillings, from the decimal string. */
export function kes(amount: string): Money {
  return moneyOf({ amount, currency: 'KES' })
}

/** The key of heron's payer leg, unless told otherwise. */
export function aKey(key: Partial<TransferKey> = {}): TransferKey {
  return {
    fspId: 'heron',
    role: 'payer',
    transferId: '6f1c0d2e-0000-4000-8000-000000000001',
    ...key,
  }
}

/** A transfer that was just asked for. */
export function aTransfer(fields: Partial<TransferRecord> = {}): TransferRecord {
  return {
    key: aKey(),
    state: 'received',
    correlationId: 'correlation-1',
    order: {
      payer: { type: 'MSISDN', identifier: '254710000001' },
      payee: { type: 'MSISDN', identifier: '254720000001', subId: 'till 4' },
      amountType: 'SEND',
      amount: kes('10.50'),
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      note: 'school fees, “term 2” ✓',
    },
    facts: {},
    wait: 0,
    createdAt: 1_767_225_600_000,
    updatedAt: 1_767_225_600_000,
    ...fields,
  }
}

/** A line of a timeline. */
export function anEntry(step: string, at = 1): TimelineEntry {
  return { at, step, party: 'heron', direction: 'out', outcome: 'done', detail: 'as asked' }
}

/** The first attempt of a reservation, sent once. */
export function anAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    key: aKey(),
    step: 'reserve-funds',
    attempt: 1,
    upstreamKey: '0d1f8f5e-1111-5111-8111-111111111111',
    message: { method: 'POST', path: '/transfers', headers: { date: 'now' }, body: '{"a":1}' },
    tries: 1,
    sentAt: 5,
    outcome: 'open',
    ...fields,
  }
}

/** What the switch told about a transfer. */
export function aCallback(fields: Partial<InboxInsert> = {}): InboxInsert {
  return {
    fspId: 'heron',
    receivedAt: 10,
    about: { kind: 'transfer', id: aKey().transferId },
    callback: {
      kind: 'transfer-told',
      source: 'switch',
      answeredAt: 9,
      transferId: aKey().transferId,
      state: 'COMMITTED',
    },
    raw: { method: 'PUT', path: '/transfers/1', headers: { a: 'b' }, bytes: Uint8Array.of(0, 255) },
    ...fields,
  }
}

/** A quote that weaver gave. */
export function aQuote(fields: Partial<GivenQuote> = {}): GivenQuote {
  const { order } = aTransfer()
  return {
    fspId: 'weaver',
    question: {
      quoteId: 'quote-1',
      transactionId: 'transaction-1',
      payerFspId: 'heron',
      payer: order.payer,
      payeeFspId: 'weaver',
      payee: order.payee,
      amountType: 'SEND',
      amount: kes('10.50'),
      transactionType: order.transactionType,
    },
    accountId: '17',
    terms: {
      transferAmount: kes('10.50'),
      payeeFspFee: kes('0'),
      expiresAt: 99,
      ilpPacket: 'AQ',
      condition: 'condition-1',
    },
    answer: { method: 'PUT', path: '/quotes/quote-1', headers: {}, body: '{}' },
    createdAt: 1,
    ...fields,
  }
}

/** An identifier that is to be registered. */
export function aRegistration(fields: Partial<Registration> = {}): Registration {
  return {
    fspId: 'heron',
    registrationId: 'registration-1',
    partyId: { type: 'MSISDN', identifier: '254710000001' },
    accountId: '17',
    currency: 'KES',
    state: 'received',
    wait: 0,
    updatedAt: 1,
    ...fields,
  }
}
