import { expect, test } from 'vitest'
import { deviceServer, loginLab } from '../login/login-lab.js'
import { redisServer } from './redis-server.js'

test('a key of a store belongs to one provider: another one does not replace or end its login', async () => {
  const redis = await redisServer()
  const { lines } = await deviceServer()
  const store = `store = { redis = { url = "redis://127.0.0.1:${redis.port}", key = "oa:user" } }`
  const other = ['[providers.other]', 'kind = "oauth"', ...lines, 'scope = "another"', store]
  const lab = loginLab([...lines, store, ...other])
  expect(await lab.call(['login', 'user'])).toMatchObject({ code: 0 })
  const login = await lab.call(['login', 'other'])
  expect(login).toMatchObject({ code: 2, out: '' })
  expect(login.err).toContain('The store of other holds the login of the provider user under the same key')
  expect(login.err).not.toContain('Waiting')
  expect(await lab.call(['logout', 'other'])).toMatchObject({ code: 2, out: '' })
  expect((await lab.call(['token', '--provider', 'user'])).out).toBe('SECRET-access-1\n')
  // After the end of that login, the key is free.
  expect(await lab.call(['logout', 'user'])).toMatchObject({ code: 0, out: 'Logged out: user\n' })
  expect(await lab.call(['login', 'other'])).toMatchObject({ code: 0 })
}, 20_000)

test('a provider whose settings have changed replaces its login in a store', async () => {
  const redis = await redisServer()
  const { lines } = await deviceServer()
  const store = `store = { redis = { url = "redis://127.0.0.1:${redis.port}", key = "oa:user" } }`
  const lab = loginLab([...lines, store])
  expect(await lab.call(['login'])).toMatchObject({ code: 0 })
  lab.writeConfig([...lines, 'scope = "another"', store])
  expect((await lab.call(['token'])).err).toContain('made with other settings')
  expect(await lab.call(['login'])).toMatchObject({ code: 0 })
  expect((await lab.call(['token'])).out).toBe('SECRET-access-2\n')
}, 20_000)
