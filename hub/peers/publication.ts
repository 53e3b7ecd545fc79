import { transferLine, type Role } from '../domain/transfer.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import type { Variables } from '../engine/engine.ts'
import { waitKey } from '../legs/leg.ts'
import type { InboxInsert, Tx } from '../store/store.ts'

/** How long a message waits for its subscription: the step that opens the wait may still be running. */
const messageTtlMs = 60_000

/**
 * Stores a verified callback and, in the same transaction, the message that wakes whoever waits for it. The message is only
 * a nudge: what was told is read from the store, so it does no harm twice, late, or to nobody.
 */
export async function publishCallback(tx: Tx, row: InboxInsert, switchId: string): Promise<void> {
  const inboxId = await tx.inbox.insert(row)
  const { callback } = row
  switch (callback.kind) {
    case 'party-asked':
    case 'quote-asked':
      return start(tx, row, { inboxId, correlationKey: `${row.fspId}:${inboxId}` })
    case 'transfer-prepared': {
      const { transferId } = callback.prepare
      const line = transferLine({ fspId: row.fspId, role: 'payee', transferId })
      return start(tx, row, { inboxId, correlationKey: line, transferId })
    }
    case 'transfer-told':
    case 'transfer-refused':
      return wakeTransfer(tx, row, { inboxId, transferId: callback.transferId, switchId })
    case 'quote-given':
    case 'quote-refused':
      return wakeWaiters(tx, row, { inboxId, about: `quote/${row.about.id}` })
    case 'party-given':
    case 'party-refused':
    case 'participant-told':
    case 'participant-refused':
      return wakeWaiters(tx, row, { inboxId, about: row.about.id })
  }
}

async function start(
  tx: Tx,
  row: InboxInsert,
  started: {
    readonly inboxId: string
    readonly correlationKey: string
    readonly transferId?: string
  },
): Promise<void> {
  const { inboxId, correlationKey, transferId } = started
  const variables = {
    fspId: row.fspId,
    inboxId,
    ...(transferId === undefined ? {} : { transferId }),
  }
  await send(tx, row, {
    name: row.callback.kind,
    correlationKey,
    inboxId,
    line: correlationKey,
    variables,
  })
}

async function wakeWaiters(
  tx: Tx,
  row: InboxInsert,
  { inboxId, about }: { readonly inboxId: string; readonly about: string },
): Promise<void> {
  for (const waiter of await tx.lookups.waiters(row.fspId, about)) {
    const { messageName: name, correlationKey, line } = waiter
    await send(tx, row, { name, correlationKey, inboxId, line, variables: {} })
  }
}

const outcomeMessages = {
  payer: 'transfer-answered',
  payee: 'outcome-told',
} as const satisfies Record<Role, string>

async function wakeTransfer(
  tx: Tx,
  row: InboxInsert,
  told: { readonly inboxId: string; readonly transferId: string; readonly switchId: string },
): Promise<void> {
  const { fspId } = row
  const { inboxId, transferId, switchId } = told
  const record =
    (await tx.transfers.find({ fspId, role: 'payer', transferId })) ??
    (await tx.transfers.find({ fspId, role: 'payee', transferId }))
  // Nobody here knows the transfer: the message is kept, and that is all that can be done with it.
  if (!record) return
  await noteTold(tx, row, record)
  if (row.callback.source === switchId) await noteContradiction(tx, row, record)
  await send(tx, row, {
    name: outcomeMessages[record.key.role],
    correlationKey: waitKey(record),
    inboxId,
    line: transferLine(record.key),
    variables: {},
  })
}

async function noteTold(
  tx: Tx,
  { callback, receivedAt }: InboxInsert,
  record: TransferRecord,
): Promise<void> {
  const isError = callback.kind === 'transfer-refused'
  await tx.transfers.appendTimeline(record.key, {
    at: receivedAt,
    step: outcomeMessages[record.key.role],
    party: callback.source,
    direction: 'in',
    outcome: isError ? 'refused' : 'given',
    detail: toldWords(callback),
  })
}

/** The scheme has committed what we have released: only people can settle that with each other. */
async function noteContradiction(
  tx: Tx,
  { callback, receivedAt }: InboxInsert,
  record: TransferRecord,
): Promise<void> {
  const isReleased = record.state === 'release-decided' || record.state === 'aborted'
  if (!isReleased || callback.kind !== 'transfer-told' || callback.state !== 'COMMITTED') return
  await tx.problems.open({
    key: record.key,
    kind: 'committed-after-release',
    detail: 'the switch says COMMITTED of a transfer whose release was decided',
    openedAt: receivedAt,
  })
}

function toldWords(callback: InboxInsert['callback']): string {
  if (callback.kind === 'transfer-told') return callback.state
  if (callback.kind !== 'transfer-refused') return ''
  return `${callback.error.errorCode} ${callback.error.description}`
}

type Sending = {
  readonly name: string
  readonly correlationKey: string
  readonly inboxId: string
  readonly line: string
  readonly variables: Variables
}

async function send(tx: Tx, row: InboxInsert, sending: Sending): Promise<void> {
  const { name, correlationKey, inboxId, line, variables } = sending
  await tx.outbox.add({
    kind: 'message',
    message: {
      name,
      correlationKey,
      messageId: `${inboxId}:${line}`,
      variables,
      ttlMs: messageTtlMs,
    },
    line,
    dueAt: row.receivedAt,
  })
}
