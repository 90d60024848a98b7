import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folder, loopback } from './loopback.js'
import { runCli } from './run-cli.js'

const request = ['request', 'POST', 'responses', '--codex-home', 'home', '-d', '{}']
const counting = `#!/bin/sh
echo x >> "$(dirname "$0")/runs"
N=$(wc -l < "$(dirname "$0")/runs" | tr -d " ")
echo "{\\"AccessKeyId\\":\\"EXPORTED$N\\",\\"SecretAccessKey\\":\\"planted\\"EXTRA}"
`

/** A home that exports AWS credentials, a new key each time; the server gives these answers first. */
async function exportingHome(
  answers: readonly { status: number; message?: string }[],
  more = '',
  extra = '',
) {
  const keys: string[] = []
  const { origin } = await loopback((incoming, response) => {
    keys.push(/Credential=(\w+)/.exec(incoming.headers.authorization ?? '')?.[1] ?? '')
    const { status, message } = answers[keys.length - 1] ?? { status: 200 }
    response.writeHead(status).end(JSON.stringify({ error: { message } }))
  })
  const cwd = folder()
  const home = join(cwd, 'home')
  const table = 'model_providers.amazon-bedrock'
  mkdirSync(join(cwd, 'bin'))
  mkdirSync(home)
  writeFileSync(
    join(home, 'config.toml'),
    `model_provider = "amazon-bedrock"\n[${table}]\nbase_url = "${origin}/v1"\n[${table}.aws]\nregion = "us-east-1"\n[${table}.aws.credential_export]\ncommand = "${cwd}/export"\n${more}`,
  )
  writeFileSync(join(cwd, 'export'), counting.replace('EXTRA', extra))
  writeFileSync(join(cwd, 'bin/aws'), '#!/bin/sh\necho "$*" >> "$(dirname "$0")/aws-runs"\n')
  for (const name of ['export', 'bin/aws']) chmodSync(join(cwd, name), 0o755)
  const log = join(cwd, 'bin/aws-runs')
  const run = (...args: string[]) =>
    runCli([...request, ...args], { cwd, env: { PATH: `${cwd}/bin:/usr/bin:/bin` } })
  return { keys, run, logins: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) }
}

describe('request --codex-home, with aws.credential_export,', () => {
  it('runs the command once for all requests, also without an Expiration', async () => {
    const { keys, run } = await exportingHome([])
    expect((await run('--repeat', '3')).code).toBe(0)
    expect(keys).toEqual(['EXPORTED1', 'EXPORTED1', 'EXPORTED1'])
  })

  it.each<[string, { status: number; message?: string }]>([
    ['any 401', { status: 401, message: 'no' }],
    ['a 403 of an expired credential', { status: 403, message: 'ExpiredTokenException: x' }],
  ])('runs it once more after %s', async (_, answer) => {
    const { keys, run } = await exportingHome([answer])
    expect((await run()).code).toBe(0)
    expect(keys).toEqual(['EXPORTED1', 'EXPORTED2'])
  })

  it('gives up after the second refusal', async () => {
    const { keys, run } = await exportingHome([{ status: 401 }, { status: 401 }])
    expect((await run()).code).toBe(1)
    expect(keys).toEqual(['EXPORTED1', 'EXPORTED2'])
  })

  it('logs in before that, if there is an aws.auth_refresh', async () => {
    const refresh =
      '[model_providers.amazon-bedrock.aws.auth_refresh]\ncommand = "aws"\nargs = ["sso", "login"]\n'
    const { keys, run, logins } = await exportingHome([{ status: 401 }], refresh)
    expect((await run()).code).toBe(0)
    expect([keys, logins()]).toEqual([['EXPORTED1', 'EXPORTED2'], ['sso login']])
  })

  it('takes the outer keys where the inner ones are incomplete', async () => {
    const { keys, run } = await exportingHome([], '', ',\\"Credentials\\":{}')
    expect((await run()).code).toBe(0)
    expect(keys).toEqual(['EXPORTED1'])
  })
})
