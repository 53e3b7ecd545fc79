import { describe, expect, it } from '@jest/globals'
import {
  environmentIsReadOnce,
  exportsAreDocumented,
  moneyIsNeverAFloat,
  namesSaySomething,
  networkHasOneDoor,
  nothingIsLeftOver,
  nothingWritesToTheConsole,
  testsLookAtBehaviour,
  timeComesFromTheClock,
  type Rule,
} from './source-rules.ts'
import { shippedSources, testSources, type TextFile } from './tree.ts'

const published = shippedSources.filter(({ path }) => !path.startsWith('sandbox/'))
// These files quote what they forbid.
const tidyItself = /^test\/tidy\//

function complaints(rule: Rule, files: readonly TextFile[]): readonly string[] {
  return files.filter(({ path }) => !tidyItself.test(path)).flatMap(rule)
}

describe('sources', () => {
  it.each([
    ['read the environment once', environmentIsReadOnce, shippedSources],
    ['take time, ids and chance from the clock', timeComesFromTheClock, shippedSources],
    ['reach the network through one door', networkHasOneDoor, shippedSources],
    ['write nothing to the console', nothingWritesToTheConsole, shippedSources],
    ['never make a float of an amount', moneyIsNeverAFloat, shippedSources],
    ['document what they export', exportsAreDocumented, published],
    ['give names that say something', namesSaySomething, shippedSources],
    ['leave no marks of unfinished work', nothingIsLeftOver, [...shippedSources, ...testSources]],
    ['test behaviour', testsLookAtBehaviour, testSources],
  ])('%s', (_, rule, files) => {
    expect(complaints(rule, files)).toEqual([])
  })
})

describe('a planted mistake is found:', () => {
  it.each<[string, Rule, string, string]>([
    ['environment', environmentIsReadOnce, 'hub/a.ts', 'const url = process.env.URL'],
    ['today', timeComesFromTheClock, 'hub/a.ts', 'const now = new Date()'],
    ['now', timeComesFromTheClock, 'hub/a.ts', 'const now = Date.now'],
    ['timer', timeComesFromTheClock, 'sandbox/a.ts', 'setTimeout(run, 10)'],
    ['random id', timeComesFromTheClock, 'hub/a.ts', "import { v4 } from 'uuid'"],
    ['chance', timeComesFromTheClock, 'hub/a.ts', 'const dice = Math.random()'],
    ['bytes', timeComesFromTheClock, 'hub/a.ts', 'const key = crypto.randomBytes(8)'],
    ['fetch', networkHasOneDoor, 'hub/a.ts', 'await fetch(url)'],
    ['express', networkHasOneDoor, 'hub/channel/a.ts', "import express from 'express'"],
    ['node:http', networkHasOneDoor, 'sandbox/bank/a.ts', "import http from 'node:http'"],
    ['console', nothingWritesToTheConsole, 'hub/a.ts', 'console.warn(1)'],
    ['float', moneyIsNeverAFloat, 'hub/a.ts', "const amount = parseFloat('1.5')"],
    ['number', moneyIsNeverAFloat, 'hub/a.ts', 'const units = Number(row.amount)'],
    ['rounding', moneyIsNeverAFloat, 'hub/a.ts', 'const text = fee.toFixed(2)'],
    ['no docstring', exportsAreDocumented, 'hub/a.ts', 'export const a = 1'],
    ['long docstring', exportsAreDocumented, 'hub/a.ts', longDocstring()],
    ['tags', exportsAreDocumented, 'hub/a.ts', '/** A.\n * @param b c */\nexport function a() {}'],
    ['empty verb', namesSaySomething, 'hub/a.ts', 'export function handleTransfer() {}'],
    ['empty noun', namesSaySomething, 'hub/a.ts', 'export type TransferManager = 1'],
    ['prefix', namesSaySomething, 'hub/a.ts', 'export interface ITransfer {}'],
    ['mark', nothingIsLeftOver, 'hub/a.ts', '// TODO later'],
    ['skipped test', testsLookAtBehaviour, 'test/a.test.ts', "it.skip('x', () => {})"],
    ['module mock', testsLookAtBehaviour, 'test/a.test.ts', "jest.mock('./a.ts')"],
    ['snapshot', testsLookAtBehaviour, 'test/a.test.ts', 'expect(a).toMatchSnapshot()'],
  ])('%s', (_, rule, path, text) => {
    expect(rule({ path, text })).toHaveLength(1)
  })

  it.each<[string, Rule, string, string]>([
    ['config.ts reads the environment', environmentIsReadOnce, 'hub/config.ts', 'process.env'],
    ['a moment is written', timeComesFromTheClock, 'hub/a.ts', 'new Date(at).toISOString()'],
    ['the port draws', timeComesFromTheClock, 'hub/a.ts', 'clock.randomBytes(8)'],
    ['the clock is a clock', timeComesFromTheClock, 'hub/clock.ts', 'Date.now()'],
    ['a duration is rounded', moneyIsNeverAFloat, 'hub/a.ts', '(ms / 1000).toFixed(3)'],
    ['a port number is read', moneyIsNeverAFloat, 'hub/a.ts', 'Number(port)'],
    ['a comment tells of setTimeout()', timeComesFromTheClock, 'hub/a.ts', '// setTimeout()'],
    ['a docstring says it', exportsAreDocumented, 'hub/a.ts', '/** One. */\nexport const a = 1'],
  ])('not when %s', (_, rule, path, text) => {
    expect(rule({ path, text })).toEqual([])
  })
})

function longDocstring(): string {
  return `/**\n${' * Words.\n'.repeat(7)} */\nexport const a = 1`
}
