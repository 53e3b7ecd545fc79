import { InvalidArgumentError } from 'commander'
import { bankNames } from '../seed.ts'

/** The highest hub's port that leaves room for the ports that follow from it. */
const basePortMax = 65_000

/** Reads `--base-port N`; 0 picks a free run. */
export function parseBasePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : basePortMax + 1
  if (port > basePortMax) throw new InvalidArgumentError(`must be 0 to ${basePortMax}`)
  return port
}

/** Reads a count of something, 1 to a million. */
export function parseCount(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 1_000_000) throw new InvalidArgumentError('must be 1 to 1000000')
  return count
}

/** Reads one more `--direct BANK`. */
export function parseDirect(text: string, before: readonly string[]): readonly string[] {
  return [...before, knownBank(text)]
}

/** Reads one more `BANK=URL`. */
export function parseBankUrl(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [bank = '', url = ''] = text.split(/=(.*)/s)
  return { ...before, [knownBank(bank)]: parseUrl(url) }
}

/** Reads an http URL; a slash at its end is dropped. */
export function parseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new InvalidArgumentError(`"${text}" is no http URL`)
  }
  return text.replace(/\/+$/, '')
}

/** Reads a port of this machine. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('must be 1 to 65535')
  return port
}

/** Reads `HOST:PORT` of a server. */
export function parseHostPort(text: string): string {
  if (!/^[\w.-]+:\d{1,5}$/.test(text)) throw new InvalidArgumentError('must be host:port')
  return text
}

/** Reads the name of one of the lab's banks. */
export function knownBank(text: string): (typeof bankNames)[number] {
  const bank = bankNames.find((each) => each === text)
  if (bank === undefined) {
    throw new InvalidArgumentError(`"${text}" is none of ${bankNames.join(', ')}`)
  }
  return bank
}
