import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthEvent, applyAuth, createHeaderMap, handshakeAuth } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { createResolver } from '../../src/index.js'

const secret = 'planted-secret-4711'
const env = { SECRET: secret, OTHER: 'other-planted-secret-4711' }
const baseUrl = 'https://api.example.com'

it('a resolved auth is a binding: core takes it whole', async () => {
  const { resolve } = createResolver({ 'api-key': apiKeyAuth }, { env })
  const auth = await resolve({
    kind: 'api-key',
    key: { env: 'SECRET' },
    query: 'key',
    headers: { 'x-version': '1', 'x-org': { env: 'OTHER' } },
    baseUrl,
  })
  expect(await handshakeAuth(auth, { url: 'wss://api.example.com/live?a=1' })).toEqual({
    url: `wss://api.example.com/live?a=1&key=${secret}`,
    headers: { 'x-version': '1', 'x-org': env.OTHER },
  })
  await expect(handshakeAuth(auth, { url: 'wss://evil.example.com' })).rejects.toMatchObject({
    code: 'ERR_AUTH_ORIGIN',
  })
})

function printed(value: unknown): string {
  return [
    inspect(value, { showHidden: true, depth: 20, getters: true }),
    inspect(value, { compact: true }),
    JSON.stringify(value, (_, member) => (typeof member === 'function' ? String(member) : member)),
    `${value}`,
  ].join('\n')
}

it.each([
  ['a literal', { kind: 'bearer', token: secret }],
  ['a variable', { kind: 'bearer', token: { env: 'SECRET' } }],
  ['a variable in a header', { kind: 'none', reason: 'gateway', headers: { 'x-key': { env: 'SECRET' } } }],
  ['a key in the query', { kind: 'api-key', key: secret, query: 'key' }],
  ['a file', { kind: 'api-key', key: { file: '/key' }, header: 'x-api-key' }],
  ['the arguments of a command', { kind: 'bearer', token: { command: ['vault', secret] } }],
])('a resolver, its results and its events show no secret: %s', async (_, definition) => {
  const events: AuthEvent[] = []
  const observer = (event: AuthEvent) => events.push(event)
  const run = async () => secret
  const resolver = createResolver(
    { bearer: bearerAuth, 'api-key': apiKeyAuth },
    { env, observer, readFile: run, runCommand: run },
  )
  const auth = await resolver.resolveUnknown({ ...definition, baseUrl })
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap(auth.headers) }
  const applied = await applyAuth(auth.provider, request)
  expect(`${applied.url} ${[...applied.headers]}`).toContain(secret)
  expect(printed(resolver)).not.toContain(secret)
  expect(printed(auth)).not.toContain(secret)
  expect(events).toHaveLength(1)
  expect(printed(events)).not.toContain(secret)
})

it('resolveUnknown() shows no secret of a definition that it rejects', async () => {
  const { resolveUnknown } = createResolver({ bearer: bearerAuth }, { env })
  for (const change of [
    { kind: 'sigv4' },
    { tokens: secret },
    { token: `${secret}\n` },
    { token: [secret] },
    { token: { secret } },
    { token: { env: 'UNSET', x: secret } },
    { baseUrl: `https://user:${secret}@a.example` },
    { headers: { a: `${secret}\0` } },
    { headers: secret },
    { query: { a: [secret] } },
    { allowedOrigins: [secret] },
    { now: { env: 'SECRET' } },
  ]) {
    const error: unknown = await resolveUnknown({ kind: 'bearer', token: secret, baseUrl, ...change }).catch(
      (thrown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    expect(printed(error)).not.toContain(secret)
    expect((error as Error).stack).not.toContain(secret)
  }
})
