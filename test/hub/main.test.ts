import { describe, expect, it } from '@jest/globals'
import { defaultTimes } from '../../hub/config.ts'
import { startHub, type HubPorts } from '../../hub/main.ts'

/** Nothing may be opened for a configuration that is refused. */
const noPorts = {} as HubPorts

const start = (fields: object) =>
  startHub(
    {
      times: defaultTimes,
      tenants: [
        { fspId: 'heron', fineract: { timeoutMs: 10_000 }, mojaloop: { timeoutMs: 5_000 } },
      ],
      ...fields,
    } as any,
    noPorts,
  )

describe('a hub', () => {
  it('does not start where a request may outlast the time in which a core answers at the latest', async () => {
    await expect(start({ times: { ...defaultTimes, coreLongestMs: 9_999 } })).rejects.toThrow(
      'tenant heron: fineract.timeoutMs (10000) is longer than times.coreLongestMs (9999)',
    )
  })

  it('does not start where a job could be another worker’s while its calls are still under way', async () => {
    await expect(start({ zeebe: { jobTimeoutMs: 19_999 } })).rejects.toThrow(
      'tenant heron: zeebe.jobTimeoutMs (19999) is shorter than two calls may take (20000 ms)',
    )
  })
})
