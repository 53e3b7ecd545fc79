import type { RouteLine } from '../../router.ts'
import { dateTimeOf } from '../fspiop/date.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { publicKeyOf } from '../fspiop/signature.ts'
import type { Account } from '../ledger/accounts.ts'
import { amountOf } from '../ledger/money.ts'
import type { Participant } from '../ledger/participants.ts'
import type { SwitchParts } from '../parts.ts'
import { hubName } from '../seed.ts'
import { adminLine, type AdminAnswer } from './admin-line.ts'
import { adminBodies } from './parse-admin.ts'

/** Participants, where they are called, and the keys they sign with. */
export function participantLines(parts: SwitchParts): readonly RouteLine[] {
  const { participants } = parts
  return [
    adminLine('GET /participants', undefined, () => ({
      status: 200,
      body: participants.list().map((each) => participantBody(parts, each)),
    })),
    adminLine('POST /participants', adminBodies.participant, ({ body }) =>
      parts.store.transaction(() => addParticipant(parts, body)),
    ),
    adminLine('GET /participants/:name', undefined, ({ params }) =>
      withParticipant(parts, params, (found) => ({
        status: 200,
        body: participantBody(parts, found),
      })),
    ),
    adminLine('PUT /participants/:name', adminBodies.active, ({ params, body }) =>
      withParticipant(parts, params, ({ name }) => {
        participants.setActive(name, body.isActive)
        return withParticipant(parts, params, (now) => ({
          status: 200,
          body: participantBody(parts, now),
        }))
      }),
    ),
    ...endpointLines(parts),
    ...keyLines(parts),
  ]
}

function endpointLines(parts: SwitchParts): readonly RouteLine[] {
  const path = '/participants/:name/endpoints'
  return [
    adminLine(`GET ${path}`, undefined, ({ params }) =>
      withParticipant(parts, params, ({ name }) => ({
        status: 200,
        body: parts.participants.endpoints(name),
      })),
    ),
    adminLine(`POST ${path}`, adminBodies.endpoint, ({ params, body }) =>
      withParticipant(parts, params, ({ name }) => {
        const isUrl = URL.canParse(body.value.replace(/\{\{\w+\}\}/g, 'x'))
        const isAddress = body.type.startsWith('FSPIOP_')
        if (isAddress && !isUrl) return fspiopError('3101', 'the value is not a URL')
        parts.participants.setEndpoint(name, body.type, body.value)
        return { status: 201 }
      }),
    ),
  ]
}

function keyLines(parts: SwitchParts): readonly RouteLine[] {
  const path = '/participants/:name/jws-key'
  return [
    adminLine(`GET ${path}`, undefined, ({ params }) =>
      withParticipant(parts, params, ({ publicKeyPem }) =>
        publicKeyPem === undefined
          ? fspiopError('3200', 'no key was registered', 404)
          : { status: 200, body: { publicKey: publicKeyPem } },
      ),
    ),
    adminLine(`PUT ${path}`, adminBodies.key, ({ params, body }) =>
      withParticipant(parts, params, ({ name }) => {
        if (!publicKeyOf(body.publicKey)) return fspiopError('3101', 'publicKey is not a PEM key')
        parts.participants.setPublicKey(name, body.publicKey)
        return { status: 200, body: { publicKey: body.publicKey } }
      }),
    ),
  ]
}

/** Acts on the participant that the path names; 404 when there is none. */
export function withParticipant(
  { participants }: SwitchParts,
  params: Readonly<Record<string, string>>,
  act: (participant: Participant) => AdminAnswer,
): AdminAnswer {
  const found = participants.find(params['name'] ?? '')
  return found ? act(found) : fspiopError('3200', 'Participant does not exist', 404)
}

function addParticipant(
  parts: SwitchParts,
  { name, currency }: { readonly name: string; readonly currency: string },
): AdminAnswer | FspiopError {
  const { accounts, participants } = parts
  if (name === hubName) return fspiopError('3000', `${hubName} is the scheme itself`)
  if (!accounts.find(hubName, currency, 'HUB_RECONCILIATION')) {
    return fspiopError(
      '3003',
      'Hub reconciliation account for the specified currency does not exist',
    )
  }
  if (accounts.find(name, currency, 'POSITION')) {
    return fspiopError('3000', 'Participant currency has already been registered')
  }
  participants.add(name)
  for (const type of ['POSITION', 'SETTLEMENT'] as const) {
    accounts.open({ participant: name, currency, type, isActive: false })
  }
  return withParticipant(parts, { name }, (added) => ({
    status: 201,
    body: participantBody(parts, added),
  }))
}

function participantBody({ accounts }: SwitchParts, participant: Participant): unknown {
  return {
    name: participant.name,
    id: participant.name,
    created: dateTimeOf(participant.createdAt),
    isActive: participant.isActive ? 1 : 0,
    accounts: accounts.list(participant.name).map(accountBody),
  }
}

/** An account as the admin API shows it. */
export function accountBody(account: Account): unknown {
  return {
    id: account.accountId,
    ledgerAccountType: account.type,
    currency: account.currency,
    isActive: account.isActive ? 1 : 0,
    value: amountOf(account.balance, account.currency),
  }
}
