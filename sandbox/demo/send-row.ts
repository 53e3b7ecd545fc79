import type { Clock } from '../clock.ts'
import { NoResponse, NotSent, type HttpClient } from '../http.ts'
import { sendJson, type JsonAnswer, type JsonRequest } from '../json-client.ts'
import type { Outcome } from './outcome.ts'
import { acceptedId, problemWords, toldTransfer } from './parse-transfer.ts'
import type { DemoRow } from './parse-rows.ts'

/** Where orders of one payer's FSP go to, and where they are asked for: `{url}/{transactionId}`. */
export type Door = { readonly url: string }

export type DemoPorts = { readonly http: HttpClient; readonly clock: Clock }

/** How long is waited for what. */
export type Patience = {
  /** For the end of one transfer, the first question included. */
  readonly endMsMax: number
  /** Times that an order is sent under its one id before it is given up. */
  readonly sendTriesMax: number
}

/** Longer than a transfer takes that everybody falls silent on: lookup, quote, transfer, grace. */
export const labPatience: Patience = { endMsMax: 180_000, sendTriesMax: 4 }

const firstPauseMs = 40
const pauseMsMax = 1_000

/** Orders one payment under an id of its own, and asks with growing pauses until it has ended or patience has. */
export async function sendRow(
  row: DemoRow,
  { door, patience }: { readonly door: Door; readonly patience: Patience },
  ports: DemoPorts,
): Promise<Outcome> {
  const deadline = ports.clock.now() + patience.endMsMax
  const answer = await sendOrder(orderOf(row, door, ports.clock.uuid()), patience, ports)
  if (answer === undefined) return { kind: 'open', words: 'nobody answered' }
  const transferId = acceptedId(answer)
  if (transferId === undefined) {
    return { kind: 'refused', status: answer.status, words: problemWords(answer) }
  }
  const question: JsonRequest = {
    method: 'GET',
    url: `${door.url}/${transferId}`,
    headers: tenantHeader(row),
  }
  return waitForEnd({ transferId, question, deadline }, ports)
}

function orderOf(row: DemoRow, door: Door, correlationId: string): JsonRequest {
  return {
    method: 'POST',
    url: door.url,
    headers: { ...tenantHeader(row), 'x-correlationid': correlationId },
    body: {
      clientRefId: row.id,
      payer: partyOf(row.payerMsisdn),
      payee: partyOf(row.payeeMsisdn),
      amountType: 'SEND',
      amount: { amount: row.amount, currency: row.currency },
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    },
  }
}

function tenantHeader({ payerFsp }: DemoRow): Readonly<Record<string, string>> {
  return payerFsp === '' ? {} : { 'platform-tenantid': payerFsp }
}

function partyOf(msisdn: string): unknown {
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: msisdn } }
}

/** The same order under the same id may be sent again: it is acted on once. */
async function sendOrder(
  order: JsonRequest,
  { sendTriesMax }: Patience,
  ports: DemoPorts,
): Promise<JsonAnswer | undefined> {
  let answer: JsonAnswer | undefined
  for (let tries = 1; tries <= sendTriesMax; tries++) {
    answer = (await askOnce(order, ports.http)) ?? answer
    if (answer !== undefined && answer.status < 500) return answer
    if (tries < sendTriesMax) await pause(pauseMsMax, ports.clock)
  }
  return answer
}

type Wait = {
  readonly transferId: string
  readonly question: JsonRequest
  readonly deadline: number
}

async function waitForEnd(
  { transferId, question, deadline }: Wait,
  ports: DemoPorts,
): Promise<Outcome> {
  let pauseMs = firstPauseMs
  let words = 'never told of'
  while (ports.clock.now() < deadline) {
    await pause(pauseMs, ports.clock)
    pauseMs = Math.min(pauseMs * 1.5, pauseMsMax)
    const answer = await askOnce(question, ports.http)
    const told = answer && toldTransfer(answer)
    if (told?.transferState === 'COMMITTED' || told?.transferState === 'ABORTED') {
      const { errorInformation: why, reason } = told
      return {
        kind: 'ended',
        transferId,
        state: told.transferState,
        ...(why ? { errorCode: why.errorCode } : {}),
        ...(reason === undefined ? {} : { reason }),
      }
    }
    words = told ? `still ${told.transferState}` : wordsOf(answer)
  }
  return { kind: 'open', transferId, words }
}

function wordsOf(answer: JsonAnswer | undefined): string {
  return answer ? `HTTP ${answer.status} when asked: ${problemWords(answer)}` : 'nobody answered'
}

/** The answer, or undefined when none came: then nobody knows, and it is asked again. */
async function askOnce(request: JsonRequest, http: HttpClient): Promise<JsonAnswer | undefined> {
  try {
    return await sendJson(http, request)
  } catch (failure) {
    if (failure instanceof NotSent || failure instanceof NoResponse) return undefined
    throw failure
  }
}

/** Waits on the given clock. */
function pause(delayMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}
