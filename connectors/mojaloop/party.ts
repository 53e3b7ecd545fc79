import type { z } from 'zod'
import type { Party, PartyId } from '../../hub/domain/party.ts'
import type { partySchema } from './wire.ts'

/** The address of a party, from the resource on: "/parties/MSISDN/254710000001". Reserved characters are escaped. */
export function partyAddress(resource: 'parties' | 'participants', id: PartyId): string {
  const parts = [id.type, id.identifier, ...(id.subId === undefined ? [] : [id.subId])]
  return `/${resource}/${parts.map(escapePart).join('/')}`
}

/** A party as FSPIOP writes it. */
export type PartyOnWire = {
  readonly partyIdInfo: {
    readonly partyIdType: string
    readonly partyIdentifier: string
    readonly partySubIdOrType?: string
    readonly fspId: string
  }
  readonly name?: string
  readonly personalInfo?: { readonly complexName: { firstName?: string; lastName?: string } }
}

/** Writes a party; its names only where there are any. */
export function partyOnWire(described: Party): PartyOnWire {
  const { firstName, lastName, displayName } = described
  const complexName = {
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
  }
  return {
    ...partyIdOnWire(described.id, described.fspId),
    ...(displayName === undefined ? {} : { name: displayName }),
    ...(Object.keys(complexName).length === 0 ? {} : { personalInfo: { complexName } }),
  }
}

/** Writes a party of which only the id is told. */
export function partyIdOnWire(id: PartyId, fspName: string): PartyOnWire {
  return {
    partyIdInfo: {
      partyIdType: id.type,
      partyIdentifier: id.identifier,
      ...(id.subId === undefined ? {} : { partySubIdOrType: id.subId }),
      fspId: fspName,
    },
  }
}

/** Reads a party; one that names no FSP belongs to the FSP that tells of it. */
export function partyOfWire(wire: z.infer<typeof partySchema>, fspNameElse: string): Party {
  const { firstName, lastName } = wire.personalInfo?.complexName ?? {}
  return {
    id: partyIdOfWire(wire),
    fspId: wire.partyIdInfo.fspId ?? fspNameElse,
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(wire.name === undefined ? {} : { displayName: wire.name }),
  }
}

/** Reads a party's id alone. */
export function partyIdOfWire(wire: z.infer<typeof partySchema>): PartyId {
  const { partyIdType, partyIdentifier, partySubIdOrType } = wire.partyIdInfo
  return {
    type: partyIdType,
    identifier: partyIdentifier,
    ...(partySubIdOrType === undefined ? {} : { subId: partySubIdOrType }),
  }
}

/** A part that is only dots would be taken for a step in the path, escaped or not, so it cannot be asked for. */
function escapePart(part: string): string {
  if (/^\.{1,2}$/.test(part)) throw new Error('an identifier of dots has no address')
  return encodeURIComponent(part)
}
