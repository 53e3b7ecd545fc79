/** FSPIOP 1.1 §7.5.6. */
export const partyIdTypes = [
  'MSISDN',
  'EMAIL',
  'PERSONAL_ID',
  'BUSINESS',
  'DEVICE',
  'ACCOUNT_ID',
  'IBAN',
  'ALIAS',
] as const

/** FSPIOP 1.1 PartyIdType, of which we speak these. */
export type PartyIdType = (typeof partyIdTypes)[number]

/** How a party is found: FSPIOP's Type, ID and SubId. */
export type PartyId = {
  readonly type: PartyIdType
  readonly identifier: string
  readonly subId?: string
}

/** A party as its own FSP describes it. */
export type Party = {
  readonly id: PartyId
  readonly fspId: string
  readonly firstName?: string
  readonly lastName?: string
  readonly displayName?: string
}

/** One line that stands for a party in keys: parts are escaped, so two ids never share it. */
export function partyKey(id: PartyId): string {
  return [id.type, id.identifier, id.subId ?? ''].map(encodeURIComponent).join('/')
}
