import type { RouteLine } from '../../router.ts'
import { fspiopError } from '../fspiop/fspiop-error.ts'
import type { Account } from '../ledger/accounts.ts'
import { amountOf, minorUnitsOf } from '../ledger/money.ts'
import type { SwitchParts } from '../parts.ts'
import { hubName, openHubAccounts } from '../seed.ts'
import { adminLine, type AdminAnswer } from './admin-line.ts'
import { adminBodies } from './parse-admin.ts'
import { accountBody, withParticipant } from './participants.ts'

type Params = Readonly<Record<string, string>>

/** Accounts, limits, positions, and money that is paid in and taken out. */
export function accountLines(parts: SwitchParts): readonly RouteLine[] {
  const path = '/participants/:name'
  return [
    ...limitLines(parts),
    adminLine(`GET ${path}/accounts`, undefined, ({ params }) => ({
      status: 200,
      body: parts.accounts.list(params['name'] ?? '').map(accountBody),
    })),
    adminLine(`POST ${path}/accounts`, adminBodies.account, ({ params, body }) => {
      if (params['name'] === hubName) {
        openHubAccounts(parts.accounts, body.currency)
        return { status: 201, body: parts.accounts.list(hubName).map(accountBody) }
      }
      return withParticipant(parts, params, ({ name: participant }) => {
        parts.accounts.open({ participant, ...body, isActive: true })
        return { status: 201, body: parts.accounts.list(participant).map(accountBody) }
      })
    }),
    adminLine(`PUT ${path}/accounts/:id`, adminBodies.active, ({ params, body }) =>
      withAccount(parts, params, ({ accountId }) => {
        parts.accounts.setActive(accountId, body.isActive)
        return { status: 200, body: { id: accountId, isActive: body.isActive ? 1 : 0 } }
      }),
    ),
    adminLine(`GET ${path}/positions`, undefined, ({ params, query }) =>
      withParticipant(parts, params, ({ name }) => ({
        status: 200,
        body: parts.accounts
          .list(name)
          .filter(({ type }) => type === 'POSITION')
          .filter(({ currency }) => (query.get('currency') ?? currency) === currency)
          .map(({ currency, balance }) => ({ currency, value: amountOf(balance, currency) })),
      })),
    ),
    ...fundsLines(parts),
  ]
}

function fundsLines(parts: SwitchParts): readonly RouteLine[] {
  const path = '/participants/:name/accounts/:id'
  return [
    adminLine(`POST ${path}`, adminBodies.funds, ({ params, body }) =>
      withAccount(parts, params, (account) => {
        const { currency } = body.amount
        const amount = minorUnitsOf(body.amount.amount, currency)
        if (currency !== account.currency || amount === undefined) {
          return fspiopError('3100', 'the amount is not in the currency of the account')
        }
        const movement = { movementId: body.transferId, amount, reason: body.reason }
        const problem =
          body.action === 'recordFundsIn'
            ? parts.funds.payIn(account, movement)
            : parts.funds.reserve(account, movement)
        return problem ?? { status: 202 }
      }),
    ),
    adminLine(`PUT ${path}/transfers/:transferId`, adminBodies.fundsEnd, ({ params, body }) => {
      const how = body.action === 'recordFundsOutCommit' ? 'commit' : 'abort'
      return parts.funds.finish(params['transferId'] ?? '', how) ?? { status: 202 }
    }),
  ]
}

function limitLines(parts: SwitchParts): readonly RouteLine[] {
  const path = '/participants/:name'
  return [
    adminLine('GET /participants/limits', undefined, () => ({
      status: 200,
      body: parts.participants.list().flatMap(({ name }) => limitsOf(parts, name)),
    })),
    adminLine(`GET ${path}/limits`, undefined, ({ params }) =>
      withParticipant(parts, params, ({ name }) => ({ status: 200, body: limitsOf(parts, name) })),
    ),
    adminLine(`PUT ${path}/limits`, adminBodies.limit, ({ params, body }) =>
      withPosition(parts, { params, currency: body.currency }, (position) => {
        const { alarmPercentage } = body.limit
        return setLimit(parts, position, { text: body.limit.value, alarmPercentage, status: 200 })
      }),
    ),
    adminLine(`POST ${path}/initialPositionAndLimits`, adminBodies.limits, ({ params, body }) =>
      withPosition(parts, { params, currency: body.currency }, (position) =>
        parts.store.transaction(() => startPosition(parts, position, body)),
      ),
    ),
  ]
}

/** Sets the first limit and opens both accounts for business, which are closed until then (OSS ledger). */
function startPosition(
  parts: SwitchParts,
  position: Account,
  body: { readonly limit: { readonly value: string }; readonly initialPosition: string },
): AdminAnswer {
  const { participant, currency, accountId } = position
  if (parts.accounts.limit(participant, currency)) {
    return fspiopError('3000', 'Participant Limit or Initial Position already set')
  }
  const initial = minorUnitsOf(body.initialPosition, currency)
  if (initial === undefined) return fspiopError('3101', 'initialPosition')
  const answer = setLimit(parts, position, {
    text: body.limit.value,
    alarmPercentage: 10,
    status: 201,
  })
  if ('errorCode' in answer) return answer
  const cause = { reference: participant, reason: 'initial-position' }
  if (initial !== 0n) parts.accounts.move(accountId, initial, cause)
  for (const type of ['POSITION', 'SETTLEMENT'] as const) {
    const account = parts.accounts.find(participant, currency, type)
    if (account) parts.accounts.setActive(account.accountId, true)
  }
  return answer
}

function setLimit(
  parts: SwitchParts,
  { participant, currency }: Account,
  limit: { readonly text: string; readonly alarmPercentage: number; readonly status: number },
): AdminAnswer {
  const value = minorUnitsOf(limit.text, currency)
  if (value === undefined || value < 0n) return fspiopError('3101', 'limit.value')
  const { alarmPercentage, status } = limit
  parts.accounts.setLimit(participant, currency, { value, alarmPercentage })
  return { status, body: limitsOf(parts, participant).find((each) => each.currency === currency) }
}

function limitsOf(
  { accounts }: SwitchParts,
  name: string,
): readonly { readonly name: string; readonly currency: string; readonly limit: unknown }[] {
  return accounts
    .list(name)
    .filter(({ type }) => type === 'POSITION')
    .flatMap(({ currency }) => {
      const limit = accounts.limit(name, currency)
      if (!limit) return []
      const { alarmPercentage } = limit
      const value = amountOf(limit.value, currency)
      return [{ name, currency, limit: { type: 'NET_DEBIT_CAP', value, alarmPercentage } }]
    })
}

function withPosition(
  parts: SwitchParts,
  { params, currency }: { readonly params: Params; readonly currency: string },
  act: (position: Account) => AdminAnswer,
): AdminAnswer {
  return withParticipant(parts, params, ({ name }) => {
    const position = parts.accounts.find(name, currency, 'POSITION')
    return position ? act(position) : fspiopError('3200', `no account in ${currency}`, 404)
  })
}

function withAccount(
  parts: SwitchParts,
  params: Params,
  act: (account: Account) => AdminAnswer,
): AdminAnswer {
  const id = params['id'] ?? ''
  const account = parts.accounts
    .list(params['name'] ?? '')
    .find((each) => String(each.accountId) === id)
  return account ? act(account) : fspiopError('3200', 'Account does not exist', 404)
}
