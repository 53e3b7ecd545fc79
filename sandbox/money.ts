/** An amount in the currency's smallest unit: 10.50 KES is 1050n. */
export type Money = { readonly minorUnits: bigint; readonly currency: string }

/** How many decimals each currency of the lab has (ISO 4217). */
const decimals: Readonly<Record<string, number>> = {
  BIF: 0,
  CDF: 2,
  ETB: 2,
  EUR: 2,
  GBP: 2,
  KES: 2,
  MWK: 2,
  RWF: 0,
  SOS: 2,
  SSP: 2,
  TZS: 2,
  UGX: 0,
  USD: 2,
  ZMW: 2,
}

/** Whether the lab knows the currency. */
export function isCurrency(code: string): boolean {
  return Object.hasOwn(decimals, code)
}

/** Its decimals: 2 for KES, 0 for UGX. Throws for a currency that `isCurrency` does not know. */
export function decimalsOf(currency: string): number {
  const known = decimals[currency]
  if (known === undefined) throw new Error(`unknown currency ${currency}`)
  return known
}

const decimalString = /^(-?)(\d{1,18})(?:\.(\d{1,18}))?$/

/**
 * A decimal string in minor units of the currency: "10.5" KES is 1050n. Undefined when it is no plain decimal or has
 * more decimals than the currency; zeros at the end do not count.
 */
export function minorUnitsOf(text: string, currency: string): bigint | undefined {
  const match = decimalString.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = ''] = match
  const digits = decimalsOf(currency)
  const significant = fraction.replace(/0+$/, '')
  if (significant.length > digits) return undefined
  const units = BigInt(whole + significant.padEnd(digits, '0'))
  return sign === '-' ? -units : units
}

/** Minor units as a decimal string with all decimals of the currency: 1050n KES is "10.50". */
export function decimalOf(minorUnits: bigint, currency: string): string {
  const digits = decimalsOf(currency)
  const negative = minorUnits < 0n
  const units = String(negative ? -minorUnits : minorUnits).padStart(digits + 1, '0')
  const whole = units.slice(0, units.length - digits)
  const fraction = digits === 0 ? '' : `.${units.slice(-digits)}`
  return `${negative ? '-' : ''}${whole}${fraction}`
}
