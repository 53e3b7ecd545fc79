import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { aHubApi, type HubApi } from '../../support/hub-api.ts'

let api: HubApi
let document: any

beforeEach(async () => {
  api = aHubApi()
  document = (await api.get('/openapi.json', { 'Platform-TenantId': '' })).body
})

afterEach(() => api.store.close())

type Operation = { readonly path: string; readonly method: string; readonly operation: any }

function operations(): readonly Operation[] {
  return Object.entries<Record<string, any>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  )
}

/** Every object inside, the document included. */
function* objectsIn(value: any): Generator<any> {
  if (typeof value !== 'object' || value === null) return
  yield value
  for (const member of Object.values(value)) yield* objectsIn(member)
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 and holds every route', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(operations().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'post /channel/transfer',
      'get /channel/transfer/{transactionId}',
      'get /channel/txnState/{correlationId}',
      'post /channel/partyRegistration',
      'get /channel/partyRegistration/{registrationId}',
      'get /operations/problems',
      'get /operations/transfers',
      'get /operations/transfers/{transactionId}',
      'post /operations/transfers/{transactionId}/decision',
      'get /operations/statistics',
      'get /health/live',
      'get /health/ready',
      'get /lab/books',
    ])
  })

  it('points at nothing that is not there', () => {
    const refs = [...objectsIn(document)].flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref]))
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) {
      const found = String(ref)
        .slice(2)
        .split('/')
        .reduce((at, name) => at?.[name], document)
      expect([ref, typeof found]).toEqual([ref, 'object'])
    }
  })

  it('holds only patterns that a reader can compile', () => {
    const patterns = [...objectsIn(document)].flatMap(({ pattern }) =>
      typeof pattern === 'string' ? [pattern] : [],
    )
    expect(patterns.length).toBeGreaterThan(2)
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow()
      expect(pattern).toMatch(/\$$/)
    }
  })

  it('names each operation once, each parameter of its path, and each way it may end', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operations()) {
      const inPath = (operation.parameters ?? []).filter((p: any) => p.in === 'path')
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(inPath.map(({ name }: any) => name)).toEqual(named)
      expect(inPath.every(({ required }: any) => required)).toBe(true)
      for (const [status, response] of Object.entries<any>(operation.responses)) {
        const schema = response.content['application/json'].schema
        expect(response.description).not.toBe('')
        if (status !== '200') expect(schema).toEqual({ $ref: '#/components/schemas/PhErrorDTO' })
      }
    }
  })

  it('tells which headers are needed, and what the callback will hold', () => {
    const { parameters, callbacks, requestBody, responses } =
      document.paths['/channel/transfer'].post
    const headers = parameters.filter((p: any) => p.in === 'header')
    expect(headers.map(({ name, required }: any) => [name, required])).toEqual([
      ['Platform-TenantId', true],
      ['X-CorrelationID', true],
      ['X-CallbackURL', false],
      ['X-PayeeDFSP-ID', false],
    ])
    expect(requestBody.required).toBe(true)
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['200', '400', '401', '403', '404', '409', '413', '415', '422']),
    )
    const callback = callbacks.outcome['{$request.header.X-CallbackURL}'].post
    expect(callback.parameters.map(({ name }: any) => name)).toEqual([
      'X-Kivuko-Signature',
      'X-Kivuko-Delivery',
    ])
    expect(callback.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/Transfer',
    })
  })

  it('gives examples of requests that are answered with 200', async () => {
    const posts = operations().filter(({ path }) => path.startsWith('/channel') && path.length < 30)
    const bodies = posts.filter(({ method }) => method === 'post')
    expect(bodies).toHaveLength(2)
    for (const { path, operation } of bodies) {
      const { $ref } = operation.requestBody.content['application/json'].schema
      const { example } = document.components.schemas[$ref.split('/').at(-1)]
      expect(await api.post(path, example)).toMatchObject({ status: 200 })
    }
  })

  it('asks for a key only where there are keys, and never of health', async () => {
    expect(document.security).toEqual([])
    const apiKeys = [{ name: 'a', sha256: '0'.repeat(64), tenants: ['heron'], operator: false }]
    const guarded = aHubApi({ apiKeys })
    const { body } = await guarded.get('/openapi.json')
    expect(body.security).toEqual([{ bearer: [] }, { apiKey: [] }])
    expect(body.paths['/health/ready'].get.security).toEqual([])
    await guarded.store.close()
  })
})
