import { decimalsOf, isCurrency } from './currency.ts'
import { refusal, type Refusal } from './refusal.ts'

/** An amount in the currency's smallest unit: 10.50 KES is 1050n. */
export type Money = { readonly minorUnits: bigint; readonly currency: string }

/** Money as it stands on a wire, in a workflow variable and in a column: a decimal string and an ISO 4217 code. */
export type WireMoney = { readonly amount: string; readonly currency: string }

const amountPattern = /^(0|[1-9]\d{0,17})(?:\.(\d{1,4}))?$/

/**
 * Reads a decimal string, trailing zeros allowed. Refuses (3101) a malformed one, an unknown currency, and more decimals
 * than the currency has: "10.5" UGX and "1.005" KES are refused, "10.50" and "10.500" KES are the same money.
 */
export function parseMoney(wire: WireMoney): Money | Refusal {
  if (!isCurrency(wire.currency))
    return refusal('amount-invalid', `unknown currency ${wire.currency}`)
  const match = amountPattern.exec(wire.amount)
  if (!match)
    return refusal('amount-invalid', 'the amount is not a decimal string of at most 18 digits')
  const digits = decimalsOf(wire.currency)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > digits) {
    return refusal(
      'amount-invalid',
      `${wire.currency} has ${String(digits)} decimals, the amount has more`,
    )
  }
  return {
    minorUnits: BigInt(`${match[1] ?? '0'}${fraction.padEnd(digits, '0')}`),
    currency: wire.currency,
  }
}

/** Like `parseMoney`, for strings that this program wrote itself; a malformed one is a broken assumption and throws. */
export function moneyOf(wire: WireMoney): Money {
  const money = parseMoney(wire)
  if ('kind' in money) throw new Error(`not money: ${wire.amount} ${wire.currency}`)
  return money
}

/** The FSPIOP form of the amount, without trailing zeros: "10.5", "10", "0" (FSPIOP 1.1 §7.2.13). */
export function formatAmount(money: Money): string {
  const digits = decimalsOf(money.currency)
  const negative = money.minorUnits < 0n
  const units = (negative ? -money.minorUnits : money.minorUnits)
    .toString()
    .padStart(digits + 1, '0')
  const whole = units.slice(0, units.length - digits)
  const fraction = units.slice(units.length - digits).replace(/0+$/, '')
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Money as it stands on a wire. */
export function wireMoney(money: Money): WireMoney {
  return { amount: formatAmount(money), currency: money.currency }
}

/** The sum; both must be of one currency. */
export function addMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b)
  return { minorUnits: a.minorUnits + b.minorUnits, currency: a.currency }
}

/** a − b; both must be of one currency. May be negative. */
export function subtractMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b)
  return { minorUnits: a.minorUnits - b.minorUnits, currency: a.currency }
}

/** Whether both are the same amount of the same currency. */
export function isSameMoney(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.minorUnits === b.minorUnits
}

/** No money, in the given currency. */
export function noMoney(currency: string): Money {
  return { minorUnits: 0n, currency }
}

function assertSameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new Error(`cannot add ${a.currency} and ${b.currency}`)
}
