import type { Lab } from '../lab.ts'
import type { HttpClient } from '../http.ts'
import type { Terminal } from '../terminal.ts'
import { printPlayers } from './players.ts'
import { defaultBasePort } from './running-lab.ts'

/** How a lab is shown that was just started. */
export type StartShown = { readonly json: boolean; readonly basePort: number }

/** The one line of `--json`: where everybody answers (ARCHITECTURE.md §8). */
export function labJson({ hub, switch: atSwitch, banks, operators }: Lab): string {
  return JSON.stringify({ hub, switch: atSwitch, banks, operators })
}

/** Tells that the lab is ready: as JSON for a program, or who plays and what to type first for a person. */
export async function announceLab(
  lab: Lab,
  { json, basePort }: StartShown,
  { http, terminal }: { readonly http: HttpClient; readonly terminal: Terminal },
): Promise<void> {
  if (json) {
    terminal.line(labJson(lab))
    return
  }
  await printPlayers(lab, { http, terminal })
  terminal.line()
  terminal.line(terminal.paint('Try this in another terminal:', 'bold'))
  for (const command of firstCommands(lab.hub, basePort)) {
    terminal.line()
    terminal.line(`  ${command}`)
  }
  terminal.line()
  terminal.line('Ctrl-C stops the lab; started again, it goes on where it was.')
}

/** Three commands to copy: pay, ask what became of it, and check the books. */
function firstCommands(hub: string, basePort: number): readonly string[] {
  const body = JSON.stringify({
    payer: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001' } },
    payee: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254720000002' } },
    amount: { amount: '100.50', currency: 'KES' },
  })
  const tenant = `-H 'Platform-TenantId: heron'`
  const json = `-H 'Content-Type: application/json'`
  const books = basePort === defaultBasePort ? '' : ` -- --base-port ${basePort}`
  return [
    `curl -s ${hub}/channel/transfer ${tenant} -H 'X-CorrelationID: first' ${json} -d '${body}'`,
    `curl -s ${hub}/channel/txnState/first ${tenant}`,
    `npm run books${books}`,
  ]
}
