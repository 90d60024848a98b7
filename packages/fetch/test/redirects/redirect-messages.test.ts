import type { AuthProvider } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { authFetch, type FetchOption } from '../../src/index.js'

const home = 'https://a.example'
const auth: AuthProvider = {
  kind: 'test',
  headerNames: ['x-key'],
  addAuthHeaders: (headers) => headers.set('x-key', 'planted-key'),
}

/** The error of a request to a home that redirects there. */
function refusalOf(
  location: string,
  init: RequestInit = {},
  status = 307,
  type = 'default',
): Promise<unknown> {
  const response = () =>
    Object.defineProperty(new Response(null, { status, headers: { location } }), 'type', { value: type })
  const fetch = authFetch(auth, { allowedOrigins: [home], fetch: (async () => response()) as FetchOption })
  return fetch(home, init).then(
    () => 'it was sent',
    (error: Error) => error.message,
  )
}

it.each<[string, Parameters<typeof refusalOf>]>([
  ['this runtime hides where it leads', ['/', {}, 302, 'opaqueredirect']],
  ['it is the twenty-first', ['/']],
  ['it leads to what is no http(s) URL, or has a user name or password', ['ftp://a.example']],
  ['it leads from https to http', ['http://a.example']],
  [
    'the body is a stream, which cannot be sent again',
    ['/', { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit],
  ],
  ['it would show the credential to another origin, in the URL', ['https://b.example/?seen=planted-key']],
  [
    'it would take the body to another origin, https://b.example',
    ['https://b.example', { method: 'POST', body: 'text' }],
  ],
])('authFetch() says of a redirect that it does not follow: %s', async (reason, args) => {
  expect(await refusalOf(...args)).toBe(`Cannot follow the redirect: ${reason}`)
})

it.each([301, 302, 303, 307, 308])('authFetch() follows a %i', async (status) => {
  expect(await refusalOf('/', {}, status)).toBe('Cannot follow the redirect: it is the twenty-first')
})

it.each([300, 304, 305, 306, 309])('authFetch() returns a %i', async (status) => {
  expect(await refusalOf('/', {}, status)).toBe('it was sent')
})
