import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freeBasePort, makeLabProgram, occupy, type LabProgram } from '../support/lab-program.ts'
import { remark } from '../support/remark.ts'
import { askLab, balancesOf, sendOrder, stateOf, untilSo } from '../support/lab-client.ts'

let program: LabProgram
beforeAll(() => {
  program = makeLabProgram()
}, 180_000)
afterAll(() => program.remove())

const anyPort = ['--base-port', '0'] as const

describe('npm start', () => {
  it('says in one line of JSON where everybody answers, and goes on where it was, until --fresh', async () => {
    const dataDir = program.dataDir()
    const base = await freeBasePort()
    const lab = await program.start('--base-port', String(base), '--data', dataDir)
    const at = (offset: number) => `http://127.0.0.1:${String(base + offset)}`
    expect(lab).toMatchObject({
      hub: at(0),
      switch: at(100),
      banks: { heron: at(201), weaver: at(202), ibis: at(203), kingfisher: at(204) },
      operators: {},
    })
    remark(`ready after ${String(lab.startMs)} ms with ${String(lab.residentMb())} MB`)
    expect((await askLab('GET', `${lab.hub}/openapi.json`)).status).toBe(200)

    const id = await sendOrder(lab, { key: 'before-the-stop' })
    await untilSo(async () => (await stateOf(lab, id)) === 'COMMITTED')
    const books = await program.run('books', '--base-port', String(base))
    expect(books).toMatchObject({ code: 0, stderr: '' })
    expect(books.stdout).toContain('heron')
    const balances = await balancesOf(lab)
    const stopped = await lab.end('SIGINT')
    remark(`stopped after ${String(stopped.ms)} ms`)
    expect(stopped).toMatchObject({ code: 0, stderr: '' })
    expect(lab.said).toHaveLength(1)

    const again = await program.start('--base-port', String(base), '--data', dataDir)
    remark(`ready again after ${String(again.startMs)} ms`)
    expect(again.hub).toBe(lab.hub)
    expect(await balancesOf(again)).toEqual(balances)
    expect(await stateOf(again, id)).toBe('COMMITTED')
    expect(await sendOrder(again, { key: 'before-the-stop' })).toBe(id)
    expect(await again.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })

    const fresh = await program.start('--base-port', String(base), '--data', dataDir, '--fresh')
    expect(await balancesOf(fresh)).not.toEqual(balances)
    expect((await balancesOf(fresh))['heron 254710000001 KES']).toBe('10000.00')
    expect(await stateOf(fresh, id)).toBeUndefined()
    expect(await fresh.end('SIGINT')).toMatchObject({ code: 0, stderr: '' })
  }, 180_000)

  it('twice at once with --base-port 0 gives two labs', async () => {
    const start = () => program.start(...anyPort, '--data', program.dataDir())
    const [one, other] = await Promise.all([start(), start()])
    expect(one.hub).not.toBe(other.hub)
    for (const lab of [one, other]) {
      const id = await sendOrder(lab, { key: 'first' })
      await untilSo(async () => (await stateOf(lab, id)) === 'COMMITTED')
    }
    await Promise.all([one.end('SIGINT'), other.end('SIGINT')])
  }, 180_000)

  it('says in one line that the data folder is in use, and leaves the lab there alone', async () => {
    const dataDir = program.dataDir()
    const lab = await program.start(...anyPort, '--data', dataDir)
    const other = await program.run('start', '--json', ...anyPort, '--data', dataDir)
    expectOneLine(other, /in use by another program/)
    const fresh = await program.run('start', '--json', ...anyPort, '--data', dataDir, '--fresh')
    expectOneLine(fresh, /in use by another program/)
    const id = await sendOrder(lab, { key: 'first' })
    await untilSo(async () => (await stateOf(lab, id)) === 'COMMITTED')
    expect(await lab.end('SIGINT')).toMatchObject({ code: 0 })
  }, 180_000)

  it.each([
    ['the hub', 0],
    ['the switch', 100],
    ['a bank', 203],
  ])(
    "says in one line that %s's port is in use",
    async (_, offset) => {
      const base = await freeBasePort()
      const server = await occupy(base + offset)
      const at = ['--base-port', String(base), '--data', program.dataDir()]
      const ended = await program.run('start', '--json', ...at)
      server.close()
      expectOneLine(ended, new RegExp(`port ${String(base + offset)} .*in use`))
    },
    180_000,
  )

  it('refuses options that it does not know, and ports that leave no room', async () => {
    for (const args of [['start', '--frech'], ['start', '--base-port', '65001'], ['strat']]) {
      const { code, stdout, stderr } = await program.run(...args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^error: /)
      expect(stderr).toContain('--help')
    }
    const help = await program.run('start', '--help')
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('--fresh')
  }, 180_000)

  it('has books to show only where a lab is running', async () => {
    const base = String(await freeBasePort())
    expectOneLine(await program.run('books', '--base-port', base), /is a lab running/)
  }, 180_000)
})

function expectOneLine(
  ended: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
  words: RegExp,
): void {
  expect(ended).toMatchObject({ code: 1, stdout: '' })
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
}
