#!/usr/bin/env node
import { CommandError } from './lib/command-error.js'
import { run } from './run.js'

const interrupt = new AbortController()
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  // Once: a second signal ends the process at once, as it does without a listener.
  process.once(signal, () => {
    const options = { class: 'interrupted', code: 'ERR_CLI_INTERRUPTED', kind: 'aborted' } as const
    interrupt.abort(new CommandError(`Interrupted by ${signal}`, { ...options, exitCode: 128 + number }))
  })
}
// A closed standard error loses messages, and does not make the command fail.
process.stderr.on('error', () => {})

const { stdout, stderr, stdin, env } = process
process.exitCode = await run(process.argv.slice(2), {
  stdout,
  stderr,
  stdin,
  env,
  // Read inside run(), which reports that the folder is gone.
  get cwd() {
    return process.cwd()
  },
  signal: interrupt.signal,
})
// An open standard input or an unfinished refresh would keep an interrupted process alive.
if (interrupt.signal.aborted) stderr.write('', () => process.exit())
