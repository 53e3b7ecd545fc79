/** Why a transfer came to nothing: a stable word for programs, and the FSPIOP error code it stands for (FSPIOP 1.1 §7.6). */
export const reasonCodes = {
  'payer-not-found': '3204',
  'payee-not-found': '3204',
  'payer-insufficient-funds': '4000',
  'payer-currency-not-held': '4000',
  'payer-blocked': '4400',
  'payee-blocked': '5400',
  'payee-currency-not-held': '5106',
  'payer-fsp-limit': '4200',
  'payer-fsp-liquidity': '4001',
  'quote-expired': '3302',
  'transfer-expired': '3303',
  'payee-refused-quote': '5103',
  'payee-refused-transfer': '5105',
  'wrong-fulfilment': '3100',
  'message-invalid': '3100',
  'amount-invalid': '3101',
  'identifier-taken': '3003',
  'payee-fsp-silent': '2004',
  'payee-fsp-not-found': '3201',
  'quote-not-found': '3205',
  'request-modified': '3106',
  'payer-fsp-unavailable': '2003',
  'payee-fsp-unavailable': '2003',
  'switch-unavailable': '2003',
  'core-refused': '2001',
  'operator-decided': '2001',
} as const

/** The stable word for why: what clients and the timeline show. */
export type Reason = keyof typeof reasonCodes

/**
 * A reasoned no. It is returned, never thrown. `errorCode` is the FSPIOP code, which is the reason's own unless the other
 * side gave a more precise one.
 */
export type Refusal = {
  readonly kind: 'refusal'
  readonly reason: Reason
  readonly errorCode: string
  readonly description: string
}

/** A no for the given reason; the description is for people and never holds names, numbers of phones or keys. */
export function refusal(reason: Reason, description: string): Refusal {
  return { kind: 'refusal', reason, errorCode: reasonCodes[reason], description }
}

/** Tells a no from anything else that a call may return. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal'
}

/** The step of a transfer at which a peer said no. */
export type Stage = 'lookup' | 'quote' | 'transfer'

const stageReasons = {
  lookup: 'payee-not-found',
  quote: 'payee-refused-quote',
  transfer: 'payee-refused-transfer',
} as const satisfies Record<Stage, Reason>

const reasonOfCode: Readonly<Record<string, Reason>> = {
  '1001': 'payee-fsp-unavailable',
  '2000': 'payee-fsp-unavailable',
  '2001': 'payee-fsp-unavailable',
  '2003': 'payee-fsp-unavailable',
  '2004': 'payee-fsp-silent',
  '3003': 'identifier-taken',
  '3106': 'request-modified',
  '3205': 'quote-not-found',
  '3201': 'payee-fsp-not-found',
  '3203': 'payee-fsp-not-found',
  '3302': 'quote-expired',
  '3303': 'transfer-expired',
  '4000': 'payer-insufficient-funds',
  '4001': 'payer-fsp-liquidity',
  '4200': 'payer-fsp-limit',
  '4400': 'payer-blocked',
  '5103': 'payee-refused-quote',
  '5105': 'payee-refused-transfer',
  '5106': 'payee-currency-not-held',
  '5400': 'payee-blocked',
  '3100': 'message-invalid',
  '3101': 'message-invalid',
  '3102': 'message-invalid',
  '3105': 'message-invalid',
}

/** Reads the error of a peer at a stage: the reason of its code where there is one, else the stage's own. Keeps the peer's code. */
export function refusalOfCode(stage: Stage, errorCode: string, description: string): Refusal {
  const known = reasonOfCode[errorCode] ?? stageReasons[stage]
  // The switch has one code for every message it finds invalid; only its words tell that the fulfilment was.
  const isFulfilment = stage === 'transfer' && errorCode === '3100' && /fulfil/i.test(description)
  const reason = isFulfilment ? 'wrong-fulfilment' : known
  return { kind: 'refusal', reason, errorCode, description }
}
