import { describe, expect, it } from '@jest/globals'
import type { HttpRequest } from '../../hub/http.ts'
import { createRouter, jsonResponse, pathOf, queryOf, readJson } from '../../hub/router.ts'

const aRequest = (method: string, path: string, body = ''): HttpRequest => ({
  method,
  path,
  headers: {},
  bytes: Buffer.from(body),
})

const entry = (method: string, path: string) => ({
  method,
  path,
  run: async (_: HttpRequest, params: object) => jsonResponse(200, { path, params }),
})

const router = createRouter(
  [
    entry('POST', '/channel/transfer'),
    entry('GET', '/channel/transfer/:id'),
    entry('DELETE', '/channel/transfer/:id'),
    entry('GET', '/parties/:type/:id'),
    entry('*', '/fsp/:fspId/*'),
  ],
  {
    notFound: async () => jsonResponse(404, 'none'),
    methodNotAllowed: async (_, allowed) => jsonResponse(405, allowed),
  },
)

async function ask(method: string, path: string): Promise<[number, unknown]> {
  const answer = await router(aRequest(method, path))
  return [answer.status, JSON.parse(Buffer.from(answer.bytes).toString())]
}

describe('the router', () => {
  it('finds the entry by method and path, and decodes what stands in the path', async () => {
    expect(await ask('POST', '/channel/transfer')).toEqual([
      200,
      { path: '/channel/transfer', params: {} },
    ])
    const [status, body] = await ask('GET', '/channel/transfer/a%2Fb%20c?x=1')
    expect([status, body]).toEqual([
      200,
      { path: '/channel/transfer/:id', params: { id: 'a/b c' } },
    ])
  })

  it('leaves the rest of an open path as it came', async () => {
    const [, body] = await ask('PUT', '/fsp/heron/parties/MSISDN/254%2B1?x')
    expect(body).toEqual({
      path: '/fsp/:fspId/*',
      params: { fspId: 'heron', rest: 'parties/MSISDN/254%2B1' },
    })
  })

  it('says which methods a path knows', async () => {
    expect(await ask('PUT', '/channel/transfer/1')).toEqual([405, ['GET', 'DELETE']])
  })

  it.each([
    '/',
    '/channel',
    '/channel/transfer/',
    '/channel/transfer/1/2',
    '/channel/transfer/%E0',
    '/fsp/heron',
  ])('does not find %s', async (path) => {
    expect(await ask('GET', path)).toEqual([404, 'none'])
  })

  it('parts path and query', () => {
    const request = aRequest('GET', '/a/b?x=1%202&x=3')
    expect([pathOf(request), queryOf(request).getAll('x')]).toEqual(['/a/b', ['1 2', '3']])
    expect([...queryOf(aRequest('GET', '/a'))]).toEqual([])
  })
})

describe('reading JSON', () => {
  const read = (body: string | Uint8Array) => readJson({ bytes: Buffer.from(body) })

  it('gives the value', () => {
    const text = '{"a":[1,"}]\\"[[",null],"b":"é"}'
    expect(read(text)).toEqual({ kind: 'json', value: JSON.parse(text) })
    expect(read('null')).toEqual({ kind: 'json', value: null })
  })

  it.each<[string | Uint8Array, string]>([
    ['', 'the body is empty'],
    ['{"a":', 'the body is not JSON'],
    ["{'a':1}", 'the body is not JSON'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'the body is not UTF-8'],
    ['['.repeat(33) + ']'.repeat(33), 'the body is nested more than 32 deep'],
    ['{"a":'.repeat(100_000), 'the body is nested more than 32 deep'],
  ])('refuses a bad body, case %#', (body, description) => {
    expect(read(body)).toEqual({ kind: 'malformed', description })
  })

  it('counts depth, not brackets: wide bodies and bracketed words are welcome', () => {
    const wide = `[${Array(500).fill('[[]]').join(',')},"${'['.repeat(99)}"]`
    expect(read(wide)).toMatchObject({ kind: 'json' })
    expect(read('['.repeat(32) + ']'.repeat(32))).toMatchObject({ kind: 'json' })
  })
})
