import type { DemoCheck, DemoResult } from './check-scenario.js'
import { formatTable } from './format-table.js'

/** Two tables for people. @param isPainted colours the outcomes */
export function formatResults(results: readonly DemoResult[], isPainted: boolean): string {
  const show = (check: DemoCheck) => `${check.passed ? 'yes' : 'NO'} (${check.seen})`
  const paint = (name: keyof DemoResult['checks']) => (piece: string, row: number) =>
    isPainted ? `\x1b[${results[row]?.checks[name].passed ? 32 : 31}m${piece}\x1b[39m` : piece
  const sent = formatTable(
    [
      { title: 'PROVIDER', maxWidth: 16 },
      { title: 'KIND', maxWidth: 17 },
      { title: 'REASON', maxWidth: 37 },
      { title: 'HEADERS', maxWidth: 18 },
      { title: 'VERIFIED', maxWidth: 26, paint: paint('verified') },
    ],
    results.map(({ provider, kind, reason, carriers, requests, checks }) => [
      provider,
      kind,
      reason,
      carriers.join(' ') || '-',
      show(checks.verified) + (requests > 1 ? ` in ${requests} requests` : ''),
    ]),
  )
  const rejected = formatTable(
    [
      { title: 'PROVIDER', maxWidth: 16 },
      { title: 'TAMPERED CREDENTIAL REFUSED', maxWidth: 40, paint: paint('tamperedRefused') },
      { title: 'OTHER ORIGIN REFUSED', maxWidth: 40, paint: paint('otherOriginRefused') },
    ],
    results.map(({ provider, checks }) => [
      provider,
      show(checks.tamperedRefused),
      show(checks.otherOriginRefused),
    ]),
  )
  const title =
    'Each provider of a configuration file, sent to a server on this machine that checks the credential:'
  return `${title}\n\n${sent}\n${rejected}`
}
