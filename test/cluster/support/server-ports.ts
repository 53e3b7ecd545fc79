import { labPorts } from '../../support/lab-client.ts'

/** The machine's own clock and sockets, for starting servers. */
export const serverPorts = { clock: labPorts.clock, network: labPorts.http }
