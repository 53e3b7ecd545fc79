import type { RouteLine } from '../../router.ts'
import { dateTimeOf } from '../fspiop/date.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { amountOf } from '../ledger/money.ts'
import type { SwitchParts } from '../parts.ts'
import { addModel, deferredNet, listModels, settlementModelSchema } from '../settlement/model.ts'
import { settlementSteps, type Settlement } from '../settlement/settlements.ts'
import type { SettlementWindow } from '../settlement/windows.ts'
import { adminLine, numberIn, type AdminAnswer } from './admin-line.ts'
import { adminBodies } from './parse-admin.ts'

/** Settlement models, windows and settlements (central-settlement's API, version 2). */
export function settlementLines(parts: SwitchParts): readonly RouteLine[] {
  const { settlements, store } = parts
  return [
    ...windowLines(parts),
    adminLine('GET /settlementModels', undefined, () => ({ status: 200, body: listModels(store) })),
    adminLine('POST /settlementModels', settlementModelSchema, ({ body }) =>
      addModel(store, body) ? { status: 201 } : fspiopError('3000', 'the model exists already'),
    ),
    adminLine('GET /settlements', undefined, () => ({
      status: 200,
      body: settlements.list().map(settlementBody),
    })),
    adminLine('POST /settlements', adminBodies.settlement, ({ body }) => {
      const { reason, settlementModel: model } = body
      const windowIds = body.settlementWindows.map(({ id }) => id)
      const created = settlements.create({ reason, model, windowIds })
      return 'errorCode' in created ? created : { status: 200, body: settlementBody(created) }
    }),
    // Before the line with an id.
    adminLine('POST /settlements/settle', undefined, () => settleAll(parts)),
    adminLine('GET /settlements/:id', undefined, ({ params }) => show(parts, params)),
    adminLine('PUT /settlements/:id', adminBodies.settlementEnd, ({ params, body }) => {
      const problem = settlements.abort(numberIn(params, 'id'), body.reason)
      return problem ?? show(parts, params)
    }),
    adminLine(
      'PUT /settlements/:id/participants/:name/accounts/:accountId',
      adminBodies.step,
      ({ params, body }) => {
        const accountId = numberIn(params, 'accountId')
        const { state: to, reason } = body
        const owner = parts.accounts.byId(accountId)?.participant
        if (owner !== params['name'])
          return fspiopError('3100', 'no such account of this participant')
        const problem = settlements.advance({
          settlementId: numberIn(params, 'id'),
          accountId,
          to,
          reason,
        })
        return problem ?? show(parts, params)
      },
    ),
  ]
}

function windowLines({ windows }: SwitchParts): readonly RouteLine[] {
  const show = (windowId: number): AdminAnswer => {
    const window = windows.find(windowId)
    return window
      ? { status: 200, body: windowBody(window) }
      : fspiopError('3200', 'Settlement window does not exist', 404)
  }
  return [
    adminLine('GET /settlementWindows', undefined, ({ query }) => ({
      status: 200,
      body: windows
        .list()
        .filter(({ state }) => (query.get('state') ?? state) === state)
        .map(windowBody),
    })),
    adminLine('GET /settlementWindows/:id', undefined, ({ params }) =>
      show(numberIn(params, 'id')),
    ),
    adminLine('POST /settlementWindows/:id', adminBodies.closeWindow, ({ params, body }) =>
      windows.close(numberIn(params, 'id'), body.reason)
        ? show(numberIn(params, 'id'))
        : fspiopError('3100', 'the window is not OPEN'),
    ),
  ]
}

/**
 * The lab's shortcut: closes the open window and settles all that is closed, to the end. It answers per currency what each
 * participant pays (positive) or gets (negative); the sums are zero.
 */
function settleAll(parts: SwitchParts): AdminAnswer {
  const { windows, settlements, store } = parts
  return store.transaction(() => {
    windows.close(windows.openWindowId(), 'settle')
    const windowIds = windows
      .list()
      .flatMap((each) => (each.state === 'CLOSED' ? [each.windowId] : []))
    const hasCommits = parts.transfers.committedIn(windowIds).length > 0
    if (!hasCommits) return { status: 200, body: { settlementId: null, currencies: {} } }
    const created = settlements.create({ reason: 'settle', model: deferredNet.name, windowIds })
    if ('errorCode' in created) return created
    const problem = advanceToTheEnd(parts, created)
    return problem ?? { status: 200, body: netBody(created) }
  })
}

function advanceToTheEnd(
  { settlements }: SwitchParts,
  created: Settlement,
): FspiopError | undefined {
  const { settlementId } = created
  for (const to of settlementSteps) {
    for (const { account } of created.accounts) {
      const { accountId } = account
      const problem = settlements.advance({ settlementId, accountId, to, reason: 'settle' })
      if (problem) return problem
    }
  }
  return undefined
}

function netBody({ settlementId, accounts }: Settlement): unknown {
  const currencies: Record<string, Record<string, string>> = {}
  for (const { account, net } of accounts) {
    const nets = (currencies[account.currency] ??= {})
    nets[account.participant] = amountOf(net, account.currency)
  }
  return { settlementId, currencies }
}

function show({ settlements }: SwitchParts, params: Readonly<Record<string, string>>): AdminAnswer {
  const settlement = settlements.find(numberIn(params, 'id'))
  return settlement
    ? { status: 200, body: settlementBody(settlement) }
    : fspiopError('3200', 'Settlement does not exist', 404)
}

function windowBody(window: SettlementWindow): unknown {
  const { windowId, state, reason, settlementId } = window
  return {
    settlementWindowId: windowId,
    state,
    reason,
    settlementId,
    createdDate: dateTimeOf(window.createdAt),
    changedDate: dateTimeOf(window.changedAt),
  }
}

function settlementBody(settlement: Settlement): unknown {
  const { settlementId: id, state, reason, model, windowIds, accounts } = settlement
  const names = [...new Set(accounts.map(({ account }) => account.participant))]
  return {
    id,
    state,
    reason,
    settlementModel: model,
    createdDate: dateTimeOf(settlement.createdAt),
    changedDate: dateTimeOf(settlement.changedAt),
    settlementWindows: windowIds.map((windowId) => ({ id: windowId })),
    participants: names.map((name) => ({
      id: name,
      accounts: accounts
        .filter(({ account }) => account.participant === name)
        .map(({ account, net, state: step }) => ({
          id: account.accountId,
          state: step,
          netSettlementAmount: {
            amount: amountOf(net, account.currency),
            currency: account.currency,
          },
        })),
    })),
  }
}
