import { expect, it } from '@jest/globals'
import { filesBelow, read } from './tree.ts'

it('every journey is played on real servers too, or the list says why it is not', () => {
  const { onServers, notOnServers } = JSON.parse(read('test/cluster/journeys.json').text)
  const journeys = filesBelow('test/journeys').filter((path) => path.endsWith('.test.ts'))
  const named: readonly string[] = [...onServers, ...Object.keys(notOnServers)]
  expect(named.toSorted().map((name) => `test/journeys/${name}.test.ts`)).toEqual(journeys)
  for (const why of Object.values(notOnServers)) expect(why).toMatch(/^[a-z].{20,}/)
})
