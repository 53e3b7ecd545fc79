import type { Clock } from '../clock.ts'
import type { Listening, Network } from '../http.ts'
import { sendJson } from '../json-client.ts'
import { bankNames, readBankSeed } from '../seed.ts'

export type TransferRun = {
  readonly transfers: number
  /** From the client's request to the client's callback, in ms, sorted. */
  readonly latenciesMs: readonly number[]
  readonly wallMs: number
  /** Whatever did not commit, in words. */
  readonly failures: readonly string[]
}

export type RunOptions = {
  readonly transfers: number
  /** How many are under way at once: the next is sent when one has ended. */
  readonly inFlight: number
  /** Distinguishes the ids of one run from another's on the same lab. */
  readonly name: string
}

/** Longer than a transfer takes that everybody falls silent on. */
const endMsMax = 120_000

type Ended = {
  readonly transactionId: string
  readonly transferState: string
  readonly reason?: string
}

/** Sends payments between all pairs of banks through the hub's public API and waits for each one's callback. */
export async function runTransfers(
  hub: string,
  { transfers, inFlight, name }: RunOptions,
  { network, clock }: { readonly network: Network; readonly clock: Clock },
): Promise<TransferRun> {
  const waiting = new Map<string, (ended: Ended) => void>()
  const early = new Map<string, Ended>()
  const ear = await listenForEnds(network, (ended) => {
    const settle = waiting.get(ended.transactionId)
    if (settle) settle(ended)
    else early.set(ended.transactionId, ended)
  })
  const latenciesMs: number[] = []
  const failures: string[] = []
  let next = 0
  const startedAt = clock.now()
  const sendOne = async (n: number): Promise<void> => {
    const sentAt = clock.now()
    const order = orderOf(n, {
      hub,
      callbackUrl: `${ear.url}/ended`,
      correlationId: `${name}-${String(n)}`,
    })
    const { status, body } = await sendJson(network, order)
    if (status !== 200) {
      failures.push(`HTTP ${String(status)}`)
      return
    }
    const { transactionId } = body as { readonly transactionId: string }
    const ended =
      early.get(transactionId) ??
      (await new Promise<Ended | undefined>((settle) => {
        const giveUp = clock.after(endMsMax, () => {
          settle(undefined)
        })
        waiting.set(transactionId, (told) => {
          giveUp()
          settle(told)
        })
      }))
    latenciesMs.push(clock.now() - sentAt)
    if (!ended) {
      failures.push('no callback')
      return
    }
    if (ended.transferState !== 'COMMITTED') failures.push(ended.reason ?? ended.transferState)
  }
  const lane = async (): Promise<void> => {
    while (next < transfers) await sendOne(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const wallMs = clock.now() - startedAt
  await ear.close()
  return { transfers, latenciesMs: latenciesMs.sort((a, b) => a - b), wallMs, failures }
}

function listenForEnds(network: Network, tell: (ended: Ended) => void): Promise<Listening> {
  return network.listen(
    (request) => {
      tell(JSON.parse(Buffer.from(request.bytes).toString('utf8')) as Ended)
      return Promise.resolve({ status: 200, headers: {}, bytes: new Uint8Array() })
    },
    { host: '127.0.0.1', port: 0, bodyBytesMax: 1_048_576 },
  )
}

type OrderPlace = {
  readonly hub: string
  readonly callbackUrl: string
  readonly correlationId: string
}

/** Payer and payee change with n, so that no account and no pair of banks is favoured. */
function orderOf(
  n: number,
  { hub, callbackUrl, correlationId }: OrderPlace,
): Parameters<typeof sendJson>[1] {
  const payerBank = bankNames[n % 4] ?? 'heron'
  const payeeBank = bankNames[(n + 1 + (Math.floor(n / 4) % 3)) % 4] ?? 'weaver'
  return {
    method: 'POST',
    url: `${hub}/channel/transfer`,
    headers: {
      'platform-tenantid': payerBank,
      'x-correlationid': correlationId,
      'x-callbackurl': callbackUrl,
    },
    body: {
      payer: party(msisdnOf(payerBank, Math.floor(n / 12) % 6)),
      payee: party(msisdnOf(payeeBank, Math.floor(n / 4) % 6)),
      amount: { amount: '1', currency: 'KES' },
    },
  }
}

function party(partyIdentifier: string): object {
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier } }
}

const customers = new Map(
  bankNames.map((bank) => [bank, readBankSeed(bank).customers.map(({ msisdn }) => msisdn)]),
)

function msisdnOf(bank: (typeof bankNames)[number], index: number): string {
  return customers.get(bank)?.[index] ?? ''
}
