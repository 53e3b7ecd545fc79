import { describe, expect, it } from '@jest/globals'
import { urlsAt } from '../../../sandbox/commands/running-lab.ts'
import {
  parseBankUrl,
  parseBasePort,
  parseDirect,
  parseUrl,
} from '../../../sandbox/commands/options.ts'
import { announceLab, labJson } from '../../../sandbox/commands/start.ts'
import type { Lab } from '../../../sandbox/lab.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { json } from '../books/wire.ts'
import { aTerminal } from '../demo/support.ts'

const lab: Lab = {
  ...urlsAt(5000),
  operators: {},
  close: async () => undefined,
  restartHub: async () => undefined,
}

describe('the options of kivuko-lab', () => {
  it('take a port that leaves room for the ports that follow from it', () => {
    expect(parseBasePort('0')).toBe(0)
    expect(parseBasePort('65000')).toBe(65_000)
    for (const text of ['65001', '-1', '4e3', ''])
      expect(() => parseBasePort(text)).toThrow('must be')
  })

  it('take banks by name, as often as is wanted', () => {
    expect(parseDirect('ibis', ['heron'])).toEqual(['heron', 'ibis'])
    expect(() => parseDirect('pelican', [])).toThrow('"pelican" is none of heron, weaver')
  })

  it('take URLs of banks', () => {
    expect(parseBankUrl('ibis=http://10.0.0.1:80/a=b/', { heron: 'x' })).toEqual({
      heron: 'x',
      ibis: 'http://10.0.0.1:80/a=b',
    })
    expect(() => parseBankUrl('ibis', {})).toThrow('no http URL')
    expect(() => parseUrl('ftp://ibis')).toThrow('no http URL')
  })
})

describe('a lab at a base port', () => {
  it('answers where the fixed facts say', () => {
    expect(urlsAt(4000)).toEqual({
      hub: 'http://127.0.0.1:4000',
      switch: 'http://127.0.0.1:4100',
      banks: {
        heron: 'http://127.0.0.1:4201',
        weaver: 'http://127.0.0.1:4202',
        ibis: 'http://127.0.0.1:4203',
        kingfisher: 'http://127.0.0.1:4204',
      },
    })
  })
})

describe('a lab that has started', () => {
  it('is one line of JSON for a program', async () => {
    const { terminal, written } = aTerminal()
    const ports = { http: createFakeNetwork(), terminal }
    await announceLab(lab, { json: true, basePort: 5000 }, ports)
    expect(written()).toBe(`${labJson(lab)}\n`)
    expect(Object.keys(JSON.parse(written()))).toEqual(['hub', 'switch', 'banks', 'operators'])
  })

  it('tells a person who plays, and three commands to copy', async () => {
    const network = createFakeNetwork()
    const customers = [
      {
        name: 'Wanjiku Kamau',
        msisdn: '254710000001',
        accounts: [{ accountId: 'a', currency: 'KES', balance: '9894.00', state: 'frozen' }],
      },
    ]
    for (const url of Object.values(lab.banks)) {
      await network.listen(
        async () =>
          url.endsWith('5201') ? json(200, { bank: 'heron', customers }) : json(404, {}),
        { host: '127.0.0.1', port: Number(new URL(url).port), bodyBytesMax: 100 },
      )
    }
    const { terminal, written } = aTerminal()
    await announceLab(lab, { json: false, basePort: 5000 }, { http: network, terminal })
    expect(written()).toContain('  254710000001  Wanjiku Kamau  9894.00  KES frozen')
    const commands = written()
      .split('\n')
      .filter((line) => /^ {2}(curl|npm) /.test(line))
    expect(commands).toHaveLength(3)
    expect(commands[0]).toContain('http://127.0.0.1:5000/channel/transfer')
    expect(commands[2]).toBe('  npm run books -- --base-port 5000')
  })
})
