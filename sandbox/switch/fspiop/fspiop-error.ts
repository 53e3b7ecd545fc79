/** The error codes of FSPIOP 1.1 §7.6, with the words the standard gives them. */
const descriptions: Readonly<Record<string, string>> = {
  '1000': 'Communication error',
  '1001': 'Destination communication error',
  '2000': 'Generic server error',
  '2001': 'Internal server error',
  '2002': 'Not implemented',
  '2003': 'Service currently unavailable',
  '2004': 'Server timed out',
  '2005': 'Server busy',
  '3000': 'Generic client error',
  '3001': 'Unacceptable version requested',
  '3002': 'Unknown URI',
  '3003': 'Add Party information error',
  '3040': 'Delete Party information error',
  '3100': 'Generic validation error',
  '3101': 'Malformed syntax',
  '3102': 'Missing mandatory element',
  '3103': 'Too many elements',
  '3104': 'Too large payload',
  '3105': 'Invalid signature',
  '3106': 'Modified request',
  '3107': 'Missing mandatory extension parameter',
  '3200': 'Generic ID not found',
  '3201': 'Destination FSP Error',
  '3202': 'Payer FSP ID not found',
  '3203': 'Payee FSP ID not found',
  '3204': 'Party not found',
  '3205': 'Quote ID not found',
  '3206': 'Transaction request ID not found',
  '3207': 'Transaction ID not found',
  '3208': 'Transfer ID not found',
  '3209': 'Bulk quote ID not found',
  '3210': 'Bulk transfer ID not found',
  '3300': 'Generic expired error',
  '3301': 'Transaction request expired',
  '3302': 'Quote expired',
  '3303': 'Transfer expired',
  '4000': 'Generic Payer error',
  '4001': 'Payer FSP insufficient liquidity',
  '4100': 'Generic Payer rejection',
  '4101': 'Payer rejected transaction',
  '4102': 'Payer FSP unsupported transaction type',
  '4103': 'Payer unsupported currency',
  '4200': 'Payer limit error',
  '4300': 'Payer permission error',
  '4400': 'Generic Payer blocked error',
  '5000': 'Generic Payee error',
  '5001': 'Payee FSP insufficient liquidity',
  '5100': 'Generic Payee rejection',
  '5101': 'Payee rejected quote',
  '5102': 'Payee FSP unsupported transaction type',
  '5103': 'Payee FSP rejected quote',
  '5104': 'Payee rejected transaction',
  '5105': 'Payee FSP rejected transaction',
  '5106': 'Payee unsupported currency',
  '5200': 'Payee limit error',
  '5300': 'Payee permission error',
  '5400': 'Generic Payee blocked error',
}

export type Extension = { readonly key: string; readonly value: string }

/** A reasoned no of the switch. `httpStatus` is used only when it is the synchronous answer. */
export type FspiopError = {
  readonly errorCode: string
  readonly errorDescription: string
  readonly httpStatus: number
  readonly extensions?: readonly Extension[]
}

/** An error with the standard's words, then ours; 400 when answered synchronously. At most 128 characters. */
export function fspiopError(errorCode: string, detail = '', httpStatus = 400): FspiopError {
  const words = descriptions[errorCode] ?? 'Error'
  const full = detail === '' ? words : `${words} - ${detail}`
  return { errorCode, errorDescription: full.slice(0, 128), httpStatus }
}

/** The JSON that FSPs read. */
export type ErrorInformation = {
  readonly errorInformation: {
    readonly errorCode: string
    readonly errorDescription: string
    readonly extensionList?: { readonly extension: readonly Extension[] }
  }
}

/** The body of an error, synchronous or called back. */
export function errorBody(error: FspiopError): ErrorInformation {
  const { errorCode, errorDescription, extensions } = error
  const extensionList = extensions ? { extensionList: { extension: extensions } } : {}
  return { errorInformation: { errorCode, errorDescription, ...extensionList } }
}

/** Whether an FSP may use the code: the standard's own, or a scheme's (xx40 to xx99, §7.6). */
export function isUsableErrorCode(errorCode: string): boolean {
  return errorCode in descriptions || /^[1-5]\d[4-9]\d$/.test(errorCode)
}
