import { describe, expect, it } from '@jest/globals'
import type { HttpRequest } from '../../sandbox/http.ts'
import { createRouter, json, problem, readJson } from '../../sandbox/router.ts'

const router = createRouter(
  [
    { method: 'GET', path: '/participants/all', route: () => json(200, 'all') },
    {
      method: 'GET',
      path: '/participants/:name',
      route: ({ params, query }) => json(200, { ...params, limit: query.get('limit') }),
    },
  ],
  {
    notFound: () => problem(404, 'nothing here'),
    methodNotAllowed: (_request, allowed) => problem(405, `use ${allowed.join()}`),
  },
)

function ask(method: string, path: string): HttpRequest {
  return { method, path, headers: {}, bytes: new Uint8Array() }
}

async function body(method: string, path: string): Promise<unknown> {
  return JSON.parse(Buffer.from((await router(ask(method, path))).bytes).toString()) as unknown
}

describe('a router', () => {
  it('gives decoded path parts and the query', async () => {
    expect(await body('GET', '/participants/a%2Fb%20c?limit=3')).toEqual({
      name: 'a/b c',
      limit: '3',
    })
  })

  it('takes the first line that fits', async () => {
    expect(await body('GET', '/participants/all')).toBe('all')
  })

  it('leaves 404 and 405 to its owner', async () => {
    expect(await body('GET', '/elsewhere')).toEqual({ title: 'nothing here', status: 404 })
    expect(await body('PUT', '/participants/x')).toEqual({ title: 'use GET', status: 405 })
  })

  it('finds nothing under an empty segment or a broken escape', async () => {
    expect((await router(ask('GET', '/participants/'))).status).toBe(404)
    expect((await router(ask('GET', '/participants/%zz'))).status).toBe(404)
  })
})

describe('readJson', () => {
  it('gives undefined for what is not JSON', () => {
    expect(readJson({ ...ask('PUT', '/'), bytes: Buffer.from('{') })).toBeUndefined()
    expect(readJson({ ...ask('PUT', '/'), bytes: Buffer.from('{"a":1}') })).toEqual({ a: 1 })
  })

  it('gives undefined for what nests without end, and takes what nests 32 deep', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    expect(readJson({ ...ask('PUT', '/'), bytes: nested(100_000) })).toBeUndefined()
    expect(readJson({ ...ask('PUT', '/'), bytes: nested(33) })).toBeUndefined()
    expect(readJson({ ...ask('PUT', '/'), bytes: nested(32) })).toBeDefined()
  })
})
