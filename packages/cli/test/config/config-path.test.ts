import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder } from '../loopback.js'
import { runCli } from '../run-cli.js'

test('a file or cwd of the configuration that begins with ~/ lies in the home folder', async () => {
  const home = folder({ token: 'in-file', other: 'in-command' })
  const print = JSON.stringify([
    process.execPath,
    '-e',
    'console.log(require("fs").readFileSync("other", "utf8"))',
  ])
  const cwd = folder({
    'outbound-auth.toml': [
      '[providers.file]\nkind = "bearer"\ntoken = { file = "~/token" }\nbase_url = "https://a.example"',
      `[providers.command]\nkind = "bearer"\ntoken = { command = ${print}, cwd = "~/" }\nbase_url = "https://a.example"`,
    ].join('\n'),
  })
  const env = { ...process.env, HOME: home }
  for (const name of ['file', 'command']) {
    const { out } = await runCli(['headers', 'x', '--reveal', '--provider', name], { cwd, env })
    expect(out).toContain(`authorization: Bearer in-${name}\n`)
  }
  const missing = await runCli(['headers', 'x', '--provider', 'file'], { cwd, env: { HOME: cwd } })
  expect(missing.err).toContain(`file ${join(cwd, 'token')} cannot be read`)
})
