import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { makeLabProgram, type LabProgram } from '../support/lab-program.ts'
import { remark } from '../support/remark.ts'

let program: LabProgram
beforeAll(() => {
  program = makeLabProgram()
})
afterAll(() => program.remove())

describe('the demo on a cluster', () => {
  it('ends as in one process: every outcome as expected, all sums right, all settled to zero', async () => {
    const { code, stdout, stderr, ms } = await program.run('demo', '--cluster')
    expect({ code, stderr, said: code === 0 ? '' : stdout }).toEqual({
      code: 0,
      stderr: '',
      said: '',
    })
    const told = stdout.split('\n').filter((line) => /^(Up after|\d+ payments asked)/.test(line))
    remark(`${told.join(' ')} In all ${(ms / 1000).toFixed(0)} s.`)
    expect(told).toHaveLength(2)
  }, 400_000)
})
