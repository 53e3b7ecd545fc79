import type { Clock } from '../clock.ts'
import type { HttpClient } from '../http.ts'
import { sendJson } from '../json-client.ts'
import { bankNames, readBankSeed, type BankSeed } from '../seed.ts'
import { isAtRest } from './balance.ts'
import type { BankBooks, BooksFacts, HubBooks, HubLeg, Opening } from './facts.ts'
import { parseBankBooks, unitsOf } from './parse-bank.ts'
import { parseHubBooks } from './parse-hub.ts'
import { parseSwitchBooks } from './parse-switch.ts'

/** Where the parties of a lab answer; banks by name. */
export type LabUrls = {
  readonly hub: string
  readonly switch: string
  readonly banks: Readonly<Record<string, string>>
}

/** Asks every party for its books, all at once. Throws one sentence when one does not answer, or not with books. */
export async function collectBooks(
  urls: LabUrls,
  { http }: { readonly http: HttpClient },
): Promise<BooksFacts> {
  const askBank = async ([name, url]: readonly [string, string]): Promise<BankBooks | string> => {
    const books = await askForBooks(url, http)
    return books === undefined ? name : read(url, () => parseBankBooks(books))
  }
  const [hub, atSwitch, answers] = await Promise.all([
    askForBooks(urls.hub, http),
    askForBooks(urls.switch, http),
    Promise.all(Object.entries(urls.banks).map(askBank)),
  ])
  const banks = answers.filter((each) => typeof each !== 'string')
  return {
    banks,
    bookless: answers.filter((each) => typeof each === 'string'),
    switch: read(urls.switch, () => parseSwitchBooks(atSwitch)),
    hub: named(
      read(urls.hub, () => parseHubBooks(hub)),
      banks,
    ),
    openings: bankNames.map(readBankSeed).flatMap(openingsOf),
  }
}

const firstPauseMs = 50
const pauseMsMax = 1_000

/** The books once nothing is on its way any more; as they are when that takes longer than `waitMsMax`. */
export async function collectBooksAtRest(
  urls: LabUrls,
  ports: { readonly http: HttpClient; readonly clock: Clock },
  waitMsMax: number,
): Promise<BooksFacts> {
  const deadline = ports.clock.now() + waitMsMax
  let pauseMs = firstPauseMs
  for (;;) {
    const facts = await collectBooks(urls, ports)
    if (isAtRest(facts) || ports.clock.now() >= deadline) return facts
    const delayMs = pauseMs
    await new Promise<void>((resolve) => {
      ports.clock.after(delayMs, resolve)
    })
    pauseMs = Math.min(pauseMs * 2, pauseMsMax)
  }
}

/** What each customer of a bank's seed starts with. */
function openingsOf({ name, customers }: BankSeed): readonly Opening[] {
  return customers.flatMap(({ msisdn, accounts }) =>
    accounts.map(({ currency, balance }) => ({
      bank: name,
      msisdn,
      currency,
      balance: unitsOf(balance, currency),
    })),
  )
}

/** The body of `GET /lab/books`, or undefined where there is no such thing. */
async function askForBooks(url: string, http: HttpClient): Promise<unknown> {
  const answer = await sendJson(http, { method: 'GET', url: `${url}/lab/books` }).catch(
    (cause: unknown) => {
      throw new Error(`nobody answers at ${url}: is a lab running there?`, { cause })
    },
  )
  if (answer.status === 401)
    throw new Error(`${url} asks for an API key, and was shown no right one`)
  if (answer.status >= 400 && answer.status < 500) return undefined
  if (answer.status !== 200) throw new Error(`${url}/lab/books answered ${answer.status}`)
  return answer.body
}

function read<T>(url: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${url}/lab/books does not answer with books: ${why}`, { cause })
  }
}

/** A party that was named by an alias or an account stands under the MSISDN that the bank knows her by. */
function named({ fspIds, legs }: HubBooks, banks: readonly BankBooks[]): HubBooks {
  const rows = banks.flatMap(({ transfers }) => transfers)
  const msisdns = new Map(rows.map((row) => [`${row.transferId} ${row.role}`, row.msisdn]))
  const nameOf = (told: string, leg: HubLeg, role: HubLeg['role']): string =>
    /^\d+$/.test(told) ? told : (msisdns.get(`${leg.transferId} ${role}`) ?? told)
  return {
    fspIds,
    legs: legs.map((leg) => ({
      ...leg,
      payerMsisdn: nameOf(leg.payerMsisdn, leg, 'payer'),
      payeeMsisdn: nameOf(leg.payeeMsisdn, leg, 'payee'),
    })),
  }
}
