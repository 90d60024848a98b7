import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

const auth = bearerAuth({ token: 'secret-1' })

/** A home that leads away, and a foreign server that leads back. */
async function detour() {
  const second = await loopback((_, response) => answer(response, 302, { location: `${home.origin}/chosen` }))
  const foreign = await loopback(({ path }, response) => {
    const location = path === '/long' ? second.origin : `${home.origin}/chosen`
    answer(response, 302, { location })
  })
  const home = await loopback(({ path }, response) => {
    if (path === '/away') answer(response, 307, { location: foreign.origin })
    else if (path === '/long') answer(response, 307, { location: `${foreign.origin}/long` })
    else response.end('ok')
  })
  return { home, foreign, second, fetch: authFetch(auth, { allowedOrigins: [home.origin] }) }
}

test.each(['GET', 'HEAD', 'DELETE', 'PUT', 'OPTIONS', 'PURGE'])(
  'authFetch() does not let another origin choose what a %s asks for at home',
  async (method) => {
    const { home, foreign, fetch } = await detour()
    const error = await fetch(`${home.origin}/away`, { method }).catch((thrown) => thrown)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
    expect(home.arrivals.map(({ path }) => path)).toEqual(['/away'])
    expect(foreign.arrivals).toHaveLength(1)
  },
)

test('authFetch() names the origin to add when a redirect comes back, and follows when it was added', async () => {
  const { home, foreign, fetch } = await detour()
  const error = await fetch(`${home.origin}/away`).catch((thrown) => thrown)
  expect(error.message).toContain(`add ${foreign.origin} to allowedOrigins`)
  const trusting = authFetch(auth, { allowedOrigins: [home.origin, foreign.origin] })
  expect((await trusting(`${home.origin}/away`)).status).toBe(200)
  expect(foreign.arrivals.at(-1)?.headers.authorization).toBe('Bearer secret-1')
})

test('authFetch() names every origin of a longer way back', async () => {
  const { home, foreign, second, fetch } = await detour()
  const error = await fetch(`${home.origin}/long`).catch((thrown) => thrown)
  expect(error.message).toContain(`add ${foreign.origin} and ${second.origin} to allowedOrigins`)
})

test('authFetch() refuses the way back also where other origins pass', async () => {
  const { home } = await detour()
  const fetch = authFetch(auth, { allowedOrigins: [home.origin], otherOrigins: 'pass' })
  await expect(fetch(`${home.origin}/away`)).rejects.toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
})

test('authFetch() refuses the way back to a second allowed origin', async () => {
  const target = await loopback()
  const foreign = await loopback((_, response) => answer(response, 302, { location: target.origin }))
  const home = await loopback((_, response) => answer(response, 302, { location: foreign.origin }))
  for (const provider of [auth, apiKeyAuth({ key: 'secret-1', query: 'key' })]) {
    const fetch = authFetch(provider, { allowedOrigins: [home.origin, target.origin] })
    await expect(fetch(home.origin)).rejects.toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
  }
  expect(target.arrivals).toHaveLength(0)
})

test.each(['/caf%C3%A9', '/plain'])('authFetch() follows a location as fetch does: %s', async (location) => {
  const home = await loopback(({ path }, response) => {
    if (path === '/away') answer(response, 302, { location: Buffer.from(location).toString('latin1') })
    else response.end('ok')
  })
  const fetch = authFetch(auth, { allowedOrigins: [home.origin] })
  await fetch(`${home.origin}/away`)
  await globalThis.fetch(`${home.origin}/away`)
  const [, ours, , theirs] = home.arrivals.map(({ path }) => path)
  expect(ours).toBe(theirs)
  expect(ours).toBe(new URL(location, home.origin).href.slice(home.origin.length))
})
