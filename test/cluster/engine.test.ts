import { afterAll, beforeAll } from '@jest/globals'
import { engineContract } from '../contract/engine.ts'
import { startZeebe, type ZeebeServer } from './servers/zeebe.ts'
import { makeZeebeUnderTest } from './support/zeebe-under-test.ts'

let server: ZeebeServer
beforeAll(async () => {
  server = await startZeebe()
}, 600_000)
afterAll(() => server.stop())

engineContract('Zeebe', () => makeZeebeUnderTest(server))
