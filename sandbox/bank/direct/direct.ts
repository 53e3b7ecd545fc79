import { z } from 'zod'
import type { HttpClient } from '../../http.ts'
import type { RouteLine } from '../../router.ts'
import { createAlarms } from '../alarms.ts'
import type { FspiopConfig } from '../fspiop/config.ts'
import { openDoor, type Call, type Line } from '../fspiop/door.ts'
import { createJws } from '../fspiop/jws.ts'
import { createPost } from '../fspiop/post.ts'
import {
  errorSchema,
  fspiopError,
  partyAnswerSchema,
  prepareSchema,
  quoteAnswerSchema,
  quoteRequestSchema,
  transferStateSchema,
  type FspiopError,
  type PartyId,
} from '../fspiop/wire.ts'
import { orderLines } from './orders.ts'
import type { DirectParts } from './parts.ts'
import { createPayee, type Payee } from './payee.ts'
import { createPayer, type Payer } from './payer.ts'
import { createPayments } from './payments.ts'
import { answerLookup, answerQuote } from './quotes.ts'
import { createReceipts } from './receipts.ts'

/** A bank's own FSPIOP face (ARCHITECTURE.md §7). */
export type DirectFace = {
  /** FSPIOP below `/fspiop`, and `/lab/transfers`. */
  readonly lines: readonly RouteLine[]
  /** Sends nothing more; what has not ended goes on at the next start. */
  readonly close: () => void
}

/**
 * Puts the bank on its own feet: as payer and as payee it speaks FSPIOP 1.1 with its own key over its own core. It
 * goes on at once with what an earlier run left: what cannot leave or be answered yet is sent again.
 */
export function createDirectFace(
  config: FspiopConfig,
  ports: Pick<DirectParts, 'clock' | 'store' | 'core' | 'accounts' | 'faults'> & {
    readonly http: HttpClient
  },
): DirectFace {
  const { store, clock } = ports
  const jws = createJws(config)
  const post = createPost(config, { ...ports, jws })
  const alarms = createAlarms(clock)
  const payments = createPayments(store)
  const receipts = createReceipts(store)
  const parts: DirectParts = { ...ports, config, post, alarms, payments, receipts }
  const roles = { parts, payer: createPayer(parts), payee: createPayee(parts) }
  roles.payer.resume()
  roles.payee.resume()
  const open = <T>(line: Line<T>): RouteLine => openDoor(line, { fspId: config.fspId, jws })
  return {
    lines: [
      ...lookupLines(roles, open),
      ...quoteLines(roles, open),
      ...transferLines(roles, open),
      ...orderLines(parts, roles.payer),
    ],
    close() {
      alarms.stop()
      post.stop()
    },
  }
}

type Roles = { readonly parts: DirectParts; readonly payer: Payer; readonly payee: Payee }
type Open = <T>(line: Line<T>) => RouteLine

function lookupLines({ parts, payer }: Roles, open: Open): readonly RouteLine[] {
  const path = '/parties/:type/:id'
  // A fixed path goes before a named one: else "error" would be a sub id.
  return [path, `${path}/:subId`].flatMap((each) => [
    open({
      method: 'GET',
      path: each,
      schema: z.unknown(),
      act: quietly((call) => answerLookup(parts, partyOf(call), call.source)),
    }),
    open({
      method: 'PUT',
      path: `${each}/error`,
      schema: errorSchema,
      act: quietly((call) => payer.takeNo(parts.payments.lookingFor(partyOf(call)), call)),
    }),
    open({
      method: 'PUT',
      path: each,
      schema: partyAnswerSchema,
      act: quietly((call) => payer.takeParty(partyOf(call), call)),
    }),
  ])
}

function quoteLines({ parts, payer }: Roles, open: Open): readonly RouteLine[] {
  return [
    open({
      method: 'POST',
      path: '/quotes',
      schema: quoteRequestSchema,
      act: quietly((call) => answerQuote(parts, call)),
    }),
    open({
      method: 'PUT',
      path: '/quotes/:id',
      schema: quoteAnswerSchema,
      act: quietly((call) => payer.takeQuote(call.params['id'] ?? '', call)),
    }),
    open({
      method: 'PUT',
      path: '/quotes/:id/error',
      schema: errorSchema,
      act: quietly((call) => {
        const payment = parts.payments.findByQuote(call.params['id'] ?? '')
        payer.takeNo(payment ? [payment] : [], call)
      }),
    }),
  ]
}

function transferLines(roles: Roles, open: Open): readonly RouteLine[] {
  const path = '/transfers/:id'
  return [
    open({
      method: 'POST',
      path: '/transfers',
      schema: prepareSchema,
      act: (call) => roles.payee.takePrepare(call),
    }),
    ...(['PUT', 'PATCH'] as const).map((method) =>
      open({
        method,
        path,
        schema: transferStateSchema,
        act: (call) => toldOutcome(roles, call),
      }),
    ),
    open({
      method: 'PUT',
      path: `${path}/error`,
      schema: errorSchema,
      act: (call) => toldError(roles, call),
    }),
  ]
}

/** Only the switch knows the outcome; to a payer its payee's FSP may say something too, and is not believed. */
function toldOutcome(
  { parts, payer, payee }: Roles,
  call: Call<z.infer<typeof transferStateSchema>>,
): FspiopError | undefined {
  const id = call.params['id'] ?? ''
  const payment = parts.payments.find(id)
  const receipt = parts.receipts.find(id)
  if (payment) payer.takeOutcome(payment, call)
  else if (!receipt) return unknownTransfer
  else if (call.source === parts.config.switchId) {
    payee.takeOutcome(receipt, call.body.transferState)
  } else return fspiopError('3100', 'only the switch says what became of a transfer')
  return undefined
}

function toldError(
  { parts, payer, payee }: Roles,
  call: Call<z.infer<typeof errorSchema>>,
): FspiopError | undefined {
  const id = call.params['id'] ?? ''
  const payment = parts.payments.find(id)
  const receipt = parts.receipts.find(id)
  if (payment) payer.takeHint(payment, call)
  else if (receipt) payee.takeHint(receipt)
  else return unknownTransfer
  return undefined
}

const unknownTransfer = fspiopError('3208', 'no such transfer here')

/** For what has nothing to say in the synchronous answer. */
function quietly<T>(act: (call: Call<T>) => void): (call: Call<T>) => undefined {
  return (call) => {
    act(call)
  }
}

function partyOf({ params }: Call<unknown>): PartyId {
  const { type = '', id = '', subId } = params
  return { type, id, ...(subId === undefined ? {} : { subId }) }
}
