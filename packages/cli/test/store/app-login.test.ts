import { join } from 'node:path'
import { bearerAuth, rotatingToken, type StoredToken } from '@outbound-auth/bearer'
import type { DocumentStore } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { type OauthClientOptions, refreshGrant } from '@outbound-auth/oauth'
import { createResolver, type StoreSettings } from '@outbound-auth/resolver'
import { loadConfig } from '@outbound-auth/resolver/config'
import { sharedStore } from '@outbound-auth/shared-store'
import { redisRecord } from '@outbound-auth/shared-store/redis'
import * as redis from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { redisConnection } from '../../src/store/redis-connection.js'
import { deviceServer, loginLab } from '../login/login-lab.js'
import { redisServer } from './redis-server.js'

interface LoginOptions extends OauthClientOptions {
  readonly store: DocumentStore<StoredToken>
  readonly grant?: unknown
}

/** The factory of an application, as the README of the resolver shows it. */
const oauth = ({ store, grant: _, ...client }: LoginOptions) => ({
  ...bearerAuth({ token: rotatingToken({ store, refresh: refreshGrant(client) }) }),
  kind: 'oauth' as const,
})

test('an application uses and renews the login of the command, with the same file and store', async () => {
  const server = await redisServer()
  const { lines, seen, origin } = await deviceServer()
  const store =
    'store = { redis = { url = { env = "STORE_URL" }, key = "oa:user", encryption_keys = [{ env = "OA_KEY" }] } }'
  const lab = loginLab([...lines, store])
  const env = {
    STORE_URL: `redis://127.0.0.1:${server.port}`,
    OA_KEY: Buffer.alloc(32, 7).toString('base64'),
  }
  expect(await lab.call(['login'], { env })).toMatchObject({ code: 0 })

  const connections: ReturnType<typeof redisConnection>[] = []
  onTestFinished(async () => {
    for (const { close } of connections) await close()
  })
  const open = ({ url = '', key, encryptionKeys }: StoreSettings) => {
    const connection = redisConnection(url, redis)
    connections.push(connection)
    return sharedStore({ record: redisRecord({ key, evaluate: connection.evaluate }), encryptionKeys })
  }
  const config = await loadConfig(join(lab.cwd, 'outbound-auth.toml'))
  const auth = await config.resolve(createResolver({ oauth }, { env, stores: { redis: open } }), 'user')
  const exchange = createExchange(auth)
  const sent = async () => {
    const request = { method: 'GET', url: `${origin}/api/things`, headers: {} }
    return (await exchange.prepare(request)).headers.get('authorization')
  }
  expect(await sent()).toBe('Bearer SECRET-access-1')

  const renewed = await lab.call(['token', '--fresh'], { env })
  expect(renewed.out).toMatch(/^SECRET-renewed-2\n$/)
  // Another resolver, as in another process of the application, takes the token that the command has renewed.
  const later = await config.resolve(createResolver({ oauth }, { env, stores: { redis: open } }), 'user')
  const request = { method: 'GET', url: `${origin}/api/things`, headers: {} }
  const { headers } = await createExchange(later).prepare(request)
  expect(headers.get('authorization')).toBe('Bearer SECRET-renewed-2')

  await lab.call(['logout'], { env })
  const last = await config.resolve(createResolver({ oauth }, { env, stores: { redis: open } }), 'user')
  await expect(createExchange(last).prepare(request)).rejects.toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_CREDENTIAL',
  })
  expect(seen.filter(({ body }) => body.includes('grant_type=refresh_token'))).toHaveLength(1)
}, 20_000)

test('an application without a store has no login of the command', async () => {
  const { lines } = await deviceServer()
  const config = await loadConfig(join(loginLab(lines).cwd, 'outbound-auth.toml'))
  await expect(config.resolve(createResolver({ oauth }), 'user')).rejects.toThrow('Add store to share it')
})
