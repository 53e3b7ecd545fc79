const known: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

const decimals = new Map<string, number>()

/** Whether the code is an ISO 4217 currency that money can be held in. */
export function isCurrency(code: string): boolean {
  return known.has(code)
}

/** How many decimals the currency has (KES 2, UGX 0, TND 3). The code must be one that `isCurrency` knows. */
export function decimalsOf(currency: string): number {
  const cached = decimals.get(currency)
  if (cached !== undefined) return cached
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  decimals.set(currency, digits)
  return digits
}
