import type { PathParams } from '../../router.ts'
import type { PartyPath } from '../relay/oracle.ts'

/** The two patterns of a resource of parties, without and with a sub id; in this order `…/error` is never a sub id. */
export function partyPaths(resource: string): readonly string[] {
  const path = `/${resource}/:partyIdType/:partyIdentifier`
  return [path, `${path}/:partySubIdOrType`]
}

/** The party that such a path names. */
export function partyOf(params: PathParams): PartyPath {
  return {
    type: params['partyIdType'] ?? '',
    id: params['partyIdentifier'] ?? '',
    subId: params['partySubIdOrType'],
  }
}

/** Where errors about a request to this path are called back: without the query. */
export function errorPathOf(path: string): string {
  return `${withoutQuery(path)}/error`
}

/** The path alone. */
export function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path
}
