import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { authFetch } from '../src/index.js'
import { answer, loopback } from './loopback.js'

const auth = bearerAuth({ token: 'secret-1' })

async function detour() {
  const foreign = await loopback((_, response) =>
    answer(response, 302, { location: `${home.origin}/chosen` }),
  )
  const home = await loopback(({ path }, response) => {
    if (path === '/away') answer(response, 307, { location: foreign.origin })
    else response.end('ok')
  })
  return { home, fetch: authFetch(auth, { allowedOrigins: [home.origin] }) }
}

test.each(['GET', 'HEAD'])(
  'authFetch() authenticates a %s that comes back from another origin',
  async (method) => {
    const { home, fetch } = await detour()
    expect((await fetch(`${home.origin}/away`, { method })).status).toBe(200)
    expect(home.arrivals.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/away', 'Bearer secret-1'],
      ['/chosen', 'Bearer secret-1'],
    ])
  },
)

test.each(['DELETE', 'PUT', 'OPTIONS', 'PURGE'])(
  'authFetch() does not let another origin choose what a %s does at home',
  async (method) => {
    const { home, fetch } = await detour()
    const error = await fetch(`${home.origin}/away`, { method }).catch((thrown) => thrown)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
    expect(home.arrivals.map(({ path }) => path)).toEqual(['/away'])
  },
)

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
