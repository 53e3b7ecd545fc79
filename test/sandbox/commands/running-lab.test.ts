import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { findLab, urlsAt, type LabAddress } from '../../../sandbox/commands/running-lab.ts'
import type { Headers, HttpClient } from '../../../sandbox/http.ts'

/** A client that remembers what it was given to send. */
function aClient() {
  const sent: { readonly url: string; readonly headers: Headers }[] = []
  const http: HttpClient = {
    send: ({ url, headers }) => {
      sent.push({ url, headers })
      return Promise.resolve({ status: 200, headers: {}, bytes: new Uint8Array() })
    },
  }
  return { http, sent }
}

describe('findLab', () => {
  let folder = ''
  let file = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kivuko-address-'))
    file = join(folder, 'lab.json')
    const lab = { hub: 'http://hub:1', switch: 'http://switch:2', banks: { heron: 'http://h:3' } }
    writeFileSync(file, JSON.stringify({ ...lab, apiKeyFile: 'api-key' }))
    writeFileSync(join(folder, 'api-key'), 'kvk_secret\n')
    writeFileSync(join(folder, 'other.json'), '{"hub":1}')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const urlsOf = (address: LabAddress) => findLab(address, aClient().http).urls

  it('finds a lab at its fixed ports, at a base port, or where a file says', () => {
    expect(urlsOf({})).toEqual(urlsAt(4000))
    expect(urlsOf({ basePort: 5000 })).toEqual(urlsAt(5000))
    expect(urlsOf({ lab: file })).toEqual({
      hub: 'http://hub:1',
      switch: 'http://switch:2',
      banks: { heron: 'http://h:3' },
    })
  })

  it('puts what is said of one party before all else', () => {
    const own = { hub: 'http://a', switch: 'http://b', bank: { weaver: 'http://c' } }
    expect(urlsOf({ lab: file, ...own })).toEqual({
      hub: 'http://a',
      switch: 'http://b',
      banks: { heron: 'http://h:3', weaver: 'http://c' },
    })
  })

  it("shows the key to the hub, and to nobody whose address only begins like the hub's", async () => {
    const { http, sent } = aClient()
    const lab = findLab({ lab: file }, http)
    const request = { method: 'GET', headers: { accept: 'x' }, timeoutMs: 1 }
    for (const url of ['http://hub:1/lab/books', 'http://hub:10/lab/books', 'http://h:3/lab']) {
      await lab.http.send({ ...request, url })
    }
    expect(sent.map(({ headers }) => headers)).toEqual([
      { accept: 'x', authorization: 'Bearer kvk_secret' },
      { accept: 'x' },
      { accept: 'x' },
    ])
  })

  it('says which file is missing or not right', () => {
    expect(() => urlsOf({ lab: join(folder, 'none.json') })).toThrow('cannot read')
    expect(() => urlsOf({ lab: join(folder, 'other.json') })).toThrow('does not say where a lab is')
    expect(() => urlsOf({ apiKeyFile: join(folder, 'none') })).toThrow('cannot read')
  })
})
