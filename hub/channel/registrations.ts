import { z } from 'zod'
import { partyIdTypes } from '../domain/party.ts'
import { jsonResponse } from '../router.ts'
import type { Registration, Tx } from '../store/store.ts'
import { tenantHeader } from './caller.ts'
import type { ChannelConfig } from './config.ts'
import { answerOnce, firstResponse, type FirstAnswer } from './idempotency.ts'
import { tenantRoute, type ApiRoute } from './api.ts'
import { reject } from './problem.ts'
import { correlationIdSchema, currencySchema, plainWord, readRequest } from './request.ts'
import { canonicalIdentifier } from './transfer-request.ts'
import { readId, reusedKey, messageTtlMs, tenantHeaders, type ChannelPorts } from './transfers.ts'

const registrationRequestSchema = z.object({
  headers: z.object({ [tenantHeader]: z.string(), 'X-CorrelationID': correlationIdSchema }),
  body: z
    .object({
      accountId: plainWord(128).meta({ description: "The account's id at the core." }),
      idType: z.enum(partyIdTypes),
      idValue: plainWord(128),
      currency: currencySchema
        .nullish()
        .meta({ description: "The FSP's first currency when absent." }),
    })
    .meta({
      id: 'PartyRegistrationRequest',
      example: { accountId: '1', idType: 'ALIAS', idValue: 'amina' },
    }),
})

const acceptedSchema = z.object({ registrationId: z.uuid() }).meta({ id: 'RegistrationAccepted' })

const registrationViewSchema = z
  .object({
    registrationId: z.uuid(),
    registrationState: z.enum(['RECEIVED', 'REGISTERED', 'ABORTED']),
    accountId: z.string(),
    idType: z.enum(partyIdTypes),
    idValue: z.string(),
    currency: z.string(),
    errorInformation: z.object({ errorCode: z.string(), errorDescription: z.string() }).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'PartyRegistration' })

/** `POST /channel/partyRegistration`: gives a customer's account one more identifier, once per X-CorrelationID. */
export function postRegistration(config: ChannelConfig, ports: ChannelPorts): ApiRoute {
  const currencies = new Map(config.tenants.map(({ fspId, currency }) => [fspId, currency]))
  return {
    method: 'POST',
    path: '/channel/partyRegistration',
    doc: {
      summary: 'Register an identifier at the core and at the directory, both or neither',
      headers: registrationRequestSchema.shape.headers,
      body: registrationRequestSchema.shape.body,
      answer: acceptedSchema,
      problems: [400, 401, 403, 404, 409, 415],
    },
    run: tenantRoute(
      ports,
      ({ request }) => readRequest(registrationRequestSchema, request),
      async ({ fspId, asked: { headers, body } }) => {
        const wanted: Wanted = {
          fspId,
          partyId: {
            type: body.idType,
            identifier: canonicalIdentifier(body.idType, body.idValue),
          },
          accountId: body.accountId,
          currency: body.currency ?? currencies.get(fspId) ?? '',
        }
        const answer = await receiveOnce(ports, wanted, headers['X-CorrelationID'])
        return answer ? firstResponse(answer) : reusedKey
      },
    ),
  }
}

/** `GET /channel/partyRegistration/{registrationId}`: whether the identifier leads to the account by now. */
export function getRegistration(ports: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/channel/partyRegistration/:registrationId',
    doc: {
      summary: 'Ask what became of a registration',
      headers: tenantHeaders,
      params: z.object({ registrationId: z.uuid() }),
      answer: registrationViewSchema,
      problems: [400, 401, 403, 404],
    },
    run: tenantRoute(
      ports,
      ({ params }) => readId(params['registrationId']) ?? unknownRegistration,
      async ({ fspId, asked }) => {
        const found = await ports.store.step((tx) => tx.registrations.find(fspId, asked.id))
        return found ? jsonResponse(200, registrationView(found)) : unknownRegistration
      },
    ),
  }
}

type Wanted = Pick<Registration, 'fspId' | 'partyId' | 'accountId' | 'currency'>

function receiveOnce(
  { store, clock }: ChannelPorts,
  wanted: Wanted,
  correlationId: string,
): Promise<FirstAnswer | undefined> {
  const scope = {
    tenant: wanted.fspId,
    route: 'POST /channel/partyRegistration',
    key: correlationId,
  }
  return answerOnce(store, { scope, parameters: JSON.stringify(wanted) }, (tx) =>
    receiveRegistration(tx, {
      ...wanted,
      registrationId: clock.uuid(),
      state: 'received',
      wait: 0,
      updatedAt: clock.now(),
    }),
  )
}

const unknownRegistration = reject('IdNotFound', 'no registration of this FSP has this id')

async function receiveRegistration(tx: Tx, registration: Registration): Promise<FirstAnswer> {
  const { fspId, registrationId } = registration
  await tx.registrations.insert(registration)
  await tx.outbox.add({
    kind: 'message',
    message: {
      name: 'registration-requested',
      correlationKey: registrationId,
      messageId: registrationId,
      variables: { fspId, registrationId },
      ttlMs: messageTtlMs,
    },
    line: `${fspId}:registration:${registrationId}`,
    dueAt: registration.updatedAt,
  })
  return { status: 200, body: JSON.stringify({ registrationId }) }
}

const shownStates = {
  received: 'RECEIVED',
  'absent-at-core': 'RECEIVED',
  'at-core': 'RECEIVED',
  'was-at-core': 'RECEIVED',
  registered: 'REGISTERED',
  aborted: 'ABORTED',
} as const satisfies Record<Registration['state'], string>

function registrationView(registration: Registration): z.infer<typeof registrationViewSchema> {
  const { refusal, partyId } = registration
  return {
    registrationId: registration.registrationId,
    registrationState: shownStates[registration.state],
    accountId: registration.accountId,
    idType: partyId.type,
    idValue: partyId.identifier,
    currency: registration.currency,
    ...(registration.state === 'aborted' &&
      refusal && {
        errorInformation: { errorCode: refusal.errorCode, errorDescription: refusal.description },
        reason: refusal.reason,
      }),
  }
}
