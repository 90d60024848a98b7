import { describe, expect, it } from 'vitest'
import { CommandError } from '../../src/lib/command-error.js'
import { deviceServer, type LoginLab, loginLab } from '../login/login-lab.js'
import { postgresServer } from './postgres-server.js'
import { type RedisServer, redisServer } from './redis-server.js'

const password = 'SECRET-password'
const encryptionKey = Buffer.alloc(32, 7).toString('base64')
const redisStore =
  'store = { redis = { url = { env = "STORE_URL" }, key = "oa:user", encryption_keys = [{ env = "OA_KEY" }] } }'

/** Machines with a home and a folder of their own, which share nothing but the database. */
function machines(count: number, lines: readonly string[], url: string): LoginLab[] {
  return Array.from({ length: count }, () => {
    const lab = loginLab(lines)
    const env = { STORE_URL: url, OA_KEY: encryptionKey }
    return {
      ...lab,
      call: (words, options) => lab.call(words, { ...options, env: { ...env, ...options?.env } }),
    }
  })
}

const urlOf = ({ port }: { readonly port: number }, scheme = 'redis') =>
  `${scheme}://user:${password}@127.0.0.1:${port}/2`

async function fleet(count: number, token?: object) {
  const redis = await redisServer({ password })
  const { origin, seen, lines } = await deviceServer({ token })
  const labs = machines(count, [...lines, redisStore], urlOf(redis))
  const renewals = () => seen.filter(({ body }) => body.includes('grant_type=refresh_token')).length
  return { redis, origin, labs, renewals }
}

function expectNoSecret(text: string): void {
  expect(text).not.toMatch(/SECRET-(password|refresh|device)/)
  expect(text).not.toContain(encryptionKey)
}

describe('a login in a store of many machines', () => {
  it('is made on one machine, used and renewed on others, and ended for all', async () => {
    const { redis, labs } = await fleet(3)
    const [first, second, third] = labs as [LoginLab, LoginLab, LoginLab]
    const before = await second.call(['token'])
    expect(before).toMatchObject({
      code: 3,
      err: expect.stringContaining('nobody is logged in. Run: outbound-auth login user'),
    })
    const login = await first.call(['login'])
    expect(login).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Logged in: user; .* is renewed by itself\n$/),
    })
    expect((await second.call(['token'])).out).toBe('SECRET-access-1\n')
    expect(await third.call(['request', 'things'])).toMatchObject({ code: 0, out: '{"ok":true}' })
    const fresh = await third.call(['token', '--fresh'])
    expect(fresh.out).toMatch(/^SECRET-renewed-\d\n$/)
    expect((await first.call(['token'])).out).toBe(fresh.out)
    const doctor = await second.call(['doctor'])
    expect(doctor).toMatchObject({ code: 0, out: expect.stringContaining('from store redis under oa:user') })
    expect(await second.call(['logout'])).toEqual({
      code: 0,
      out: 'Logged out: user\n',
      err: expect.stringMatching(
        /^outbound-auth: note: .* the server has no revocation endpoint that is known\n$/,
      ),
    })
    expect(await first.call(['logout'])).toMatchObject({ code: 0, out: 'Nobody was logged in: user\n' })
    expect(await third.call(['token'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('nobody is logged in'),
    })
    expect(await second.call(['login'])).toMatchObject({ code: 0 })
    expect((await third.call(['token'])).out).toMatch(/^SECRET-access-\d\n$/)
    // Nothing was kept on the machines, and nothing readable in the database.
    expect(labs.flatMap((lab) => lab.state().filter((name) => name.startsWith('login-')))).toEqual([])
    const [record = ''] = [...redis.values.values()]
    expect([...redis.values.keys()]).toEqual(['oa:user'])
    expect(record).not.toContain('SECRET')
    for (const { out, err } of [before, login, doctor]) expectNoSecret(out + err)
  }, 20_000)

  it('is renewed once for ten machines, and no connection stays open', async () => {
    const token = { expires_in: 1 }
    const { redis, labs, renewals } = await fleet(10, token)
    await (labs[0] as LoginLab).call(['login'])
    await new Promise((resolve) => setTimeout(resolve, 1100))
    token.expires_in = 3600
    const results = await Promise.all(labs.map((lab) => lab.call(['token'])))
    expect(results.map(({ code, err }) => ({ code, err }))).toEqual(labs.map(() => ({ code: 0, err: '' })))
    expect(new Set(results.map(({ out }) => out))).toEqual(new Set(['SECRET-renewed-2\n']))
    expect(renewals()).toBe(1)
    await expect.poll(redis.open).toBe(0)
  }, 20_000)

  it('is renewed with --fresh of ten machines at most once for each', async () => {
    const { labs, renewals } = await fleet(4)
    await (labs[0] as LoginLab).call(['login'])
    const results = await Promise.all(labs.map((lab) => lab.call(['token', '--fresh'])))
    expect(results.every(({ code }) => code === 0)).toBe(true)
    expect(renewals()).toBeGreaterThanOrEqual(1)
    expect(renewals()).toBeLessThanOrEqual(4)
  }, 20_000)

  it('needs no other command than EVAL, and one connection for each run', async () => {
    const { redis, labs } = await fleet(1)
    const [lab] = labs as [LoginLab]
    await lab.call(['login'])
    const opened = redis.opened()
    await lab.call(['token', '--fresh'])
    expect(redis.opened() - opened).toBe(1)
    expect(new Set(redis.commands)).toEqual(new Set(['AUTH', 'SELECT', 'EVAL']))
  })

  it('keeps the tokens of a refresh that an interrupt meets, because the earlier ones are spent', async () => {
    const redis = await redisServer({ password })
    const interrupt = new AbortController()
    const reason = new CommandError('Interrupted by SIGINT', {
      class: 'interrupted',
      code: 'ERR_CLI_INTERRUPTED',
    })
    const token = { expires_in: 1 }
    const onRefresh = () => interrupt.abort(reason)
    const { lines, seen } = await deviceServer({ token, refreshMs: 300, onRefresh })
    const [lab] = machines(1, [...lines, redisStore], urlOf(redis)) as [LoginLab]
    await lab.call(['login'])
    await new Promise((resolve) => setTimeout(resolve, 1100))
    token.expires_in = 3600
    const { code, out } = await lab.call(['request', 'things'], { signal: interrupt.signal })
    expect([code, out]).toEqual([130, ''])
    // The command has waited: nothing is written after its end.
    const kept = redis.values.get('oa:user')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(redis.values.get('oa:user')).toBe(kept)
    expect((await lab.call(['token'])).out).toBe('SECRET-renewed-2\n')
    expect(seen.filter(({ body }) => body.includes('grant_type=refresh_token'))).toHaveLength(1)
  })

  it('is described by explain and trust without a connection, and without the password', async () => {
    const { redis, labs } = await fleet(1)
    const [lab] = labs as [LoginLab]
    const explained = await lab.call(['explain', 'things'])
    expect(explained.out).toContain('Grant     device-code; the login is in a store of many machines')
    expect(explained.out).toContain('from store redis under oa:user')
    const trusted = await lab.call(['trust'], { isTrusted: false })
    expect(trusted).toMatchObject({ code: 0 })
    expect(trusted.out + trusted.err).toContain('keeps the login of the user in redis under "oa:user"')
    lab.writeConfig([
      'client_id = "cli"',
      'issuer = "https://i.example"',
      'base_url = "https://a.example"',
      `store = { redis = { url = "${urlOf(redis)}", key = "a" } }`,
    ])
    const literal = await lab.call(['trust'], { isTrusted: false })
    expect(literal.out + literal.err).toContain(`redis at 127.0.0.1:${redis.port} under "a"`)
    expect(redis.opened()).toBe(0)
    for (const { out, err } of [explained, trusted, literal]) expectNoSecret(out + err)
  })

  it('works with PostgreSQL', async () => {
    const postgres = await postgresServer({ password })
    const { lines } = await deviceServer()
    const store =
      'store = { postgres = { url = { env = "STORE_URL" }, key = "user", encryption_keys = [{ env = "OA_KEY" }] } }'
    const labs = machines(2, [...lines, store], urlOf(postgres, 'postgres'))
    const [first, second] = labs as [LoginLab, LoginLab]
    expect(await first.call(['login'])).toMatchObject({ code: 0 })
    expect((await second.call(['token'])).out).toBe('SECRET-access-1\n')
    expect((await second.call(['token', '--fresh'])).out).toMatch(/^SECRET-renewed-/)
    expect([...postgres.rows.keys()]).toEqual(['user'])
    expect(JSON.stringify([...postgres.rows])).not.toContain('SECRET')
    expect(postgres.statements[0]).toContain('outbound_auth_documents')
    expect(await first.call(['logout'])).toMatchObject({ code: 0, out: 'Logged out: user\n' })
    await expect.poll(postgres.open).toBe(0)
  }, 20_000)
})

describe('a store that does not work', () => {
  async function failureWith(
    line: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number; err: string }> {
    const { lines } = await deviceServer()
    const [lab] = machines(1, [...lines, line], '') as [LoginLab]
    const { code, out, err } = await lab.call(['login'], { env })
    expect(out).toBe('')
    expectNoSecret(err)
    return { code, err }
  }

  it('is an error before the user logs in, and says what the database said', async () => {
    const redis = await redisServer({ password: 'another' })
    const wrong = await failureWith(redisStore, { STORE_URL: urlOf(redis) })
    expect(wrong).toEqual({
      code: 3,
      err: expect.stringContaining('Cannot use the Redis key oa:user: WRONGPASS'),
    })
    expect(wrong.err).toContain('(ERR_AUTH_STORE_ACCESS)')
    expect(wrong.err).not.toContain('Waiting')
    const denied = await redisServer({ reply: '-NOPERM this user has no permissions SECRET-refresh\r\n' })
    expect((await failureWith(redisStore, { STORE_URL: urlOf(denied) })).err).toContain('NOPERM')
    const postgres = await postgresServer({ password: 'another' })
    const line = 'store = { postgres = { url = { env = "STORE_URL" }, key = "user" } }'
    expect((await failureWith(line, { STORE_URL: urlOf(postgres, 'postgres') })).err).toContain('28P01')
    const missing = await postgresServer({ failure: '42P01' })
    const lost = await failureWith(line, { STORE_URL: urlOf(missing, 'postgresql') })
    expect(lost.err).toContain('Cannot use the row user of the table outbound_auth_documents: 42P01')
  }, 20_000)

  it('sends no password to a server without TLS when the URL asks for it', async () => {
    const postgres = await postgresServer({ password })
    const line = 'store = { postgres = { url = { env = "STORE_URL" }, key = "user" } }'
    const url = `${urlOf(postgres, 'postgres')}?sslmode=verify-full`
    const { code, err } = await failureWith(line, { STORE_URL: url })
    expect([code, err]).toEqual([4, expect.stringContaining('(ERR_AUTH_STORE_IO)')])
    expect(postgres.statements).toEqual([])
  })

  it('is a transient error when it cannot be reached', async () => {
    const redis: RedisServer = await redisServer()
    const port = await new Promise<number>((resolve) => resolve(redis.port === 1 ? 2 : 1))
    const { code, err } = await failureWith(redisStore, {
      STORE_URL: `redis://:${password}@127.0.0.1:${port}`,
    })
    expect([code, err]).toEqual([
      4,
      expect.stringContaining('Cannot use the Redis key oa:user: the client failed: ECONNREFUSED'),
    ])
    expect(err).toContain('see whether the database can be reached')
  })

  it.each([
    ['redis', `https://user:${password}@db.example`, 'must be a URL that begins with redis:// or rediss://'],
    ['redis', `redis://${password}:70000000`, 'must be a URL that begins with redis:// or rediss://'],
    [
      'postgres',
      `mysql://user:${password}@db.example`,
      'must be a URL that begins with postgres:// or postgresql://',
    ],
    ['redis', `redis://user:${password}%zz@db.example`, 'has a malformed % in its user name, password or'],
    ['redis', `redis://user:1#${password}@db.example`, 'has a #, which ends the address'],
    ['redis', `redis://user:${password}@db.example/first`, 'must end with the number of a database'],
    ['redis', `redis://user:${password}@db.example/1/2`, 'must end with the number of a database'],
    ['postgres', `postgres://user:${password}%ff@db.example/app`, 'has a malformed % in its user name'],
    ['postgres', `postgres://user:1#${password}@db.example/app`, 'has a #, which ends the address'],
    [
      'postgres',
      `postgres://user:${password}@127.0.0.1:1/app?sslmode=verify-full&sslrootcert=no-such-file`,
      'names a file with sslrootcert that cannot be read',
    ],
  ])(
    'of %s rejects a URL that its client would not use as it is meant, and does not show it',
    async (name, url, problem) => {
      const line = `store = { ${name} = { url = { env = "STORE_URL" }, key = "user" } }`
      const { code, err } = await failureWith(line, { STORE_URL: url })
      expect([code, err]).toEqual([3, expect.stringContaining(`store.${name}.url ${problem}`)])
    },
  )

  it('says which variable is not set, with the line', async () => {
    const { code, err } = await failureWith(redisStore, { STORE_URL: '' })
    expect(code).toBe(3)
    expect(err).toContain('providers.user.store.redis.url: ')
    expect(err).toContain('environment variable STORE_URL is unset or blank')
  })

  it.each([['login'], ['logout']])('says at %s which file cannot be read, with the line', async (word) => {
    const { lines } = await deviceServer()
    const store = 'store = { redis = { url = { file = "no-such-file" }, key = "oa:user" } }'
    const { code, err } = await loginLab([...lines, store]).call([word])
    expect([code, err]).toEqual([3, expect.stringContaining('providers.user.store.redis.url: ')])
    expect(err).toContain('no-such-file cannot be read: ENOENT')
  })

  it('rejects a key of encryption that is malformed, and does not show it', async () => {
    const redis = await redisServer()
    const { err } = await failureWith(redisStore, { STORE_URL: urlOf(redis), OA_KEY: 'SECRET-password' })
    expect(err).toContain('encryptionKeys')
  })
})
