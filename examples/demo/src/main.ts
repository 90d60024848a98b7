import { parseArgs } from 'node:util'
import { formatResults } from './format-results.js'
import { DemoError, runDemo } from './run-demo.js'

const usage = `npm start [-- --json]
  Verifies every kind of provider against a server of its own on this machine.
  No network and no configuration is needed. The exit code is 1 when a check fails.
`

const interrupt = new AbortController()
// The demo ends by itself, and removes its temporary folder; a second interrupt ends the process at once.
process.once('SIGINT', () => interrupt.abort(new DemoError('Interrupted by SIGINT')))

try {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  const { values } = parseArgs({ options })
  if (values.help) process.stdout.write(usage)
  else await showDemo(values.json ?? false)
} catch (error) {
  const isExpected = error instanceof DemoError || String(Object(error).code).startsWith('ERR_PARSE_ARGS_')
  if (!isExpected) throw error
  console.error(`demo: ${(error as Error).message}`)
  process.exitCode = 1
}

async function showDemo(asJson: boolean): Promise<void> {
  const { env, stdout } = process
  const results = await runDemo({ env, signal: interrupt.signal })
  const checks = results.flatMap((result) => Object.values(result.checks))
  const failed = checks.filter(({ passed }) => !passed).length
  const passed = checks.length - failed
  const isPainted = stdout.isTTY === true && !env['NO_COLOR']
  const text = `${formatResults(results, isPainted)}\n${passed} of ${checks.length} checks passed\n`
  stdout.write(asJson ? `${JSON.stringify({ results, passed, failed })}\n` : text)
  if (failed > 0) throw new DemoError(`${failed} of ${checks.length} checks failed`)
}
