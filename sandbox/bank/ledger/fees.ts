import { decimalsOf, minorUnitsOf } from '../../money.ts'
import type { BankSeed } from '../../seed.ts'

/** What a payer pays on top of an amount, in minor units of the currency. */
export type FeeOf = (amount: bigint, currency: string) => bigint

const percentDecimals = 4
const hundredPercent = 100n * 10n ** BigInt(percentDecimals)

/**
 * The bank's price list: flat + percent of the amount, exact, rounded half-even to the smallest unit. A currency without
 * a price costs nothing.
 */
export function createFees(fees: BankSeed['fees']): FeeOf {
  const prices = new Map(
    Object.entries(fees.perCurrency).map(([currency, { flat, percent }]) => [
      currency,
      { flat: flatOf(flat, currency), rate: rateOf(percent) },
    ]),
  )
  return (amount, currency) => {
    const price = prices.get(currency)
    return price ? price.flat + halfEven(amount * price.rate, hundredPercent) : 0n
  }
}

function flatOf(flat: string, currency: string): bigint {
  const units = minorUnitsOf(flat, currency)
  if (units === undefined) {
    throw new Error(
      `a fee of ${flat} ${currency}, which has ${String(decimalsOf(currency))} decimals`,
    )
  }
  return units
}

/** "0.25" percent as an integer of ten-thousandths of a percent: 2500n. */
function rateOf(percent: string): bigint {
  const [whole = '0', fraction = ''] = percent.split('.')
  return BigInt(whole + fraction.padEnd(percentDecimals, '0'))
}

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  const twice = (numerator % denominator) * 2n
  if (twice < denominator) return quotient
  if (twice > denominator) return quotient + 1n
  return quotient + (quotient % 2n)
}
