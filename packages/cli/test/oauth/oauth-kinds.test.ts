import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-client'

/** A provider whose tokens come from a loopback server, and a user with a home of their own. */
async function lab(kind: string, more = '') {
  let granted = 0
  const { origin, seen } = await loopback(({ url }, response) => {
    response.setHeader('content-type', 'application/json')
    if (url !== '/token') return void response.end('{"ok":true}')
    granted += 1
    const type = kind === 'dpop' ? 'DPoP' : 'Bearer'
    response.end(`{"access_token":"SECRET-token-${granted}","token_type":"${type}","expires_in":3600}`)
  })
  const toml = [
    `[providers.m]\nkind = "${kind}"`,
    `token_endpoint = "${origin}/token"\nclient_id = "machine"\nclient_secret = { env = "S" }\nscope = "api:read"`,
    `base_url = "${origin}/api"\n${more}`,
  ].join('\n')
  const cwd = folder({ 'outbound-auth.toml': toml })
  const home = folder()
  const call = (words: readonly string[], env = {}) =>
    runCli(words, { cwd, env: { HOME: home, S: secret, ...env } })
  const exchanges = () => seen.filter(({ url }) => url === '/token').length
  return { origin, seen, call, exchanges, cache: join(home, '.cache/outbound-auth') }
}

test('token keeps a token of kind oauth for later runs, for the same file and environment', async () => {
  const { call, exchanges, cache } = await lab('oauth')
  for (let run = 0; run < 3; run++) expect((await call(['token'])).out).toBe('SECRET-token-1\n')
  expect(exchanges()).toBe(1)
  expect((await call(['token'], { S: 'other' })).out).toBe('SECRET-token-2\n')
  expect((await call(['token', '--fresh'])).out).toBe('SECRET-token-3\n')
  const files = readdirSync(cache).filter((name) => name.endsWith('.json'))
  expect(files.join()).not.toContain('SECRET')
  for (const name of files) expect(readFileSync(join(cache, name), 'utf8')).not.toContain(secret)
})

test('token asks for one token when runs begin at the same time', async () => {
  const { call, exchanges } = await lab('oauth')
  const results = await Promise.all([call(['token']), call(['token']), call(['token'])])
  expect(results.map(({ out }) => out)).toEqual(Array(3).fill('SECRET-token-1\n'))
  expect(exchanges()).toBe(1)
})

test('token keeps nothing of a connection without a check of the certificate', async () => {
  const { call, exchanges } = await lab('oauth')
  await call(['token', '--insecure'])
  await call(['token'])
  expect(exchanges()).toBe(2)
})

test('token finds a kept token by the origin of a URL, and by nothing else of it', async () => {
  const { call, exchanges, origin, cache } = await lab('oauth')
  await call(['token', `${origin}/api/x?key=SECRET-1`])
  await call(['token', `${origin}/api/y?key=SECRET-2`])
  expect(exchanges()).toBe(1)
  await call(['token', 'a/path'])
  await call(['token'])
  expect(exchanges()).toBe(2)
  expect(readdirSync(cache).filter((name) => name.endsWith('.json'))).toHaveLength(2)
  for (const wrong of ['//host/x', '../x', 'ftp://a.example'])
    expect(await call(['token', wrong])).toMatchObject({ code: 2, out: '' })
})

test('explain describes the grant, the server and the client, and no secret', async () => {
  const { call, origin, exchanges } = await lab('oauth')
  const { out } = await call(['explain', 'x'])
  for (const line of [
    'Grant     client-credentials',
    `Endpoint  ${origin}/token`,
    'Client    machine, proves itself with basic',
    'Scope     api:read',
    'Expiry    not known before a token is fetched',
  ])
    expect(out).toContain(`${line}\n`)
  expect(exchanges()).toBe(0)
  await call(['token'])
  const { out: later } = await call(['explain', 'x', '--json'])
  expect(JSON.parse(later)['oauth']).toEqual({
    grant: 'client-credentials',
    issuer: null,
    tokenEndpoint: `${origin}/token`,
    clientId: 'machine',
    clientAuth: 'basic',
    scope: 'api:read',
    proof: null,
    expiresAt: expect.stringMatching(/Z$/),
    login: null,
  })
  expect(out + later).not.toContain('SECRET')
})

test('token, explain and doctor say of kind dpop that a token alone is of no use', async () => {
  const { call, exchanges } = await lab('dpop')
  const { code, out, err } = await call(['token'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('its token alone is of no use without that key')
  expect(err).toContain('Use outbound-auth request')
  expect((await call(['explain', 'x'])).out).toContain('a token alone is of no use without the key')
  expect(exchanges()).toBe(0)
  expect((await call(['doctor'])).out).toContain('sends authorization, dpop')
  expect(exchanges()).toBe(1)
  expect(await call(['request', 'x'])).toMatchObject({ code: 0 })
})

test('an error of the server names the file, and ends with what to do', async () => {
  const { origin } = await loopback((_, response) =>
    response.writeHead(401).end('{"error":"invalid_client"}'),
  )
  const client = `token_endpoint = "${origin}/token"\nclient_id = "m"\nclient_secret = "${secret}"`
  const toml = `[providers.m]\nkind = "oauth"\n${client}\nbase_url = "${origin}"\n`
  const cwd = folder({ 'outbound-auth.toml': toml })
  for (const command of ['token', 'request', 'headers']) {
    const { code, err } = await runCli([command, 'x'], { cwd, env: { HOME: cwd } })
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^outbound-auth: outbound-auth\.toml:1: /),
    })
    expect(err).not.toContain(secret)
  }
})

test('trust lists the servers that get the secret of a client', async () => {
  const { call, origin } = await lab('oauth')
  expect((await call(['trust'])).out).toContain(`  gets tokens from ${origin}, which gets the secret`)
})
