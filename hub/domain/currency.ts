const known: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/**
 * ISO 4217 against CLDR, which gives the decimals that are used in shops; on a wire the standard's count. Every other
 * currency has as many in both.
 */
const isoDecimals: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK PKR SLL SOS SYP YER'
      .split(' ')
      .map((code): [string, number] => [code, 2]),
  ),
  IQD: 3,
}

const decimals = new Map<string, number>()

/** Whether the code is an ISO 4217 currency that money can be held in. */
export function isCurrency(code: string): boolean {
  return known.has(code)
}

/** How many decimals ISO 4217 gives the currency (KES 2, UGX 0, TND 3). The code must be one that `isCurrency` knows. */
export function decimalsOf(currency: string): number {
  const cached = decimals.get(currency)
  if (cached !== undefined) return cached
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = isoDecimals[currency] ?? format.resolvedOptions().maximumFractionDigits ?? 2
  decimals.set(currency, digits)
  return digits
}
