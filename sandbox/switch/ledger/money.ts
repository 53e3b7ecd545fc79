const decimals = new Map<string, number>()

/** How many decimals the currency has (KES 2, UGX 0); the codes for tests, XXX and XTS, have 2. */
export function decimalsOf(currency: string): number {
  const known = decimals.get(currency)
  if (known !== undefined) return known
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  decimals.set(currency, digits)
  return digits
}

/** The amount in minor units, or undefined when it is no decimal number or finer than the currency. */
export function minorUnitsOf(amount: string, currency: string): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  const places = decimalsOf(currency)
  const significant = fraction.replace(/0+$/, '')
  if (significant.length > places) return undefined
  const units = BigInt(whole + significant.padEnd(places, '0'))
  return sign === '-' ? -units : units
}

/** Minor units as FSPIOP writes them: "10", "10.5", never "10.50". */
export function amountOf(minorUnits: bigint, currency: string): string {
  const places = decimalsOf(currency)
  const sign = minorUnits < 0n ? '-' : ''
  const digits = (minorUnits < 0n ? -minorUnits : minorUnits).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}
