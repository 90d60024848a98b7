import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import NodeForm from 'form-data'
import { Blob as Blob3, File as File3, FormData as FormData3 } from 'node-fetch'
import * as undici from 'undici'
import { describe, expect, test } from 'vitest'
import { type Arrival, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type FetchOption } from '../../src/index.js'

/** Signs the body, so that a server can tell what was signed. */
const signer: AuthProvider = {
  kind: 'signer',
  headerNames: ['x-digest'],
  requiresBody: true,
  addAuthHeaders() {},
  async applyAuth(request) {
    const { body = '' } = request
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw new Error('the body is not final')
    request.headers.set('x-digest', createHash('sha256').update(body).digest('hex'))
    return request
  },
}
const bearer = bearerAuth({ token: 'token-1' })

async function send(provider: AuthProvider, body: unknown, fetch?: FetchOption): Promise<Arrival> {
  const { origin, arrivals } = await loopback()
  await authFetch(provider, { allowedOrigins: [origin], fetch })(origin, {
    method: 'POST',
    body: body as BodyInit,
  })
  const [arrival] = arrivals
  if (!arrival) throw new Error('nothing arrived')
  if (provider === signer)
    expect(arrival.headers['x-digest']).toBe(createHash('sha256').update(arrival.body).digest('hex'))
  return arrival
}

/** A form as a server reads it. */
async function received({ body, headers }: Arrival): Promise<[string, string][]> {
  const init = { headers: { 'content-type': headers['content-type'] ?? '' } }
  const form = await new Response(Buffer.from(body), init).formData()
  const entries = [...form].map(
    async ([name, value]): Promise<[string, string]> => [
      name,
      typeof value === 'string' ? value : `${value.name} ${value.type} ${await value.text()}`,
    ],
  )
  return Promise.all(entries)
}

function filled<F extends { append(name: string, value: never): void }>(form: F, file: unknown): F {
  form.append('text', 'ü\n"' as never)
  form.append('file', file as never)
  return form
}

const forms: [string, () => unknown, FetchOption | undefined][] = [
  ['FormData', () => filled(new FormData(), new File(['content'], 'n.txt', { type: 'a/b' })), undefined],
  [
    "undici's FormData",
    () => filled(new undici.FormData(), new File(['content'], 'n.txt', { type: 'a/b' })),
    undefined,
  ],
  [
    "undici's FormData over undici's fetch",
    () => filled(new undici.FormData(), new File(['content'], 'n.txt', { type: 'a/b' })),
    undici.fetch,
  ],
  [
    "node-fetch's FormData and File",
    () => filled(new FormData3(), new File3(['content'], 'n.txt', { type: 'a/b' })),
    undefined,
  ],
]

describe.each([
  ['a signer', signer],
  ['a bearer token', bearer],
])('authFetch() with %s sends the content of', (_, provider) => {
  test.each(forms)('authFetch() sends %s with its fields and files', async (_name, make, fetch) => {
    const arrival = await send(provider, make(), fetch)
    expect(await received(arrival)).toEqual([
      ['text', 'ü\r\n"'],
      ['file', 'n.txt a/b content'],
    ])
  })

  test('authFetch() sends a form of form-data', async () => {
    const form = new NodeForm()
    form.append('text', 'value')
    form.append('file', Buffer.from('content'), { filename: 'n.txt', contentType: 'a/b' })
    const arrival = await send(provider, form)
    expect(await received(arrival)).toEqual([
      ['text', 'value'],
      ['file', 'n.txt a/b content'],
    ])
    expect(arrival.headers['content-length']).toBe(`${arrival.body.length}`)
  })

  test("authFetch() sends node-fetch's Blob and File", async () => {
    for (const body of [
      new Blob3(['content'], { type: 'a/b' }),
      new File3(['content'], 'n', { type: 'a/b' }),
    ]) {
      const { body: bytes, headers } = await send(provider, body)
      expect([String(bytes), headers['content-type']]).toEqual(['content', 'a/b'])
    }
  })
})

describe('authFetch() with a signer never sends a text in place of a body:', () => {
  const streaming = new NodeForm()
  streaming.append('file', Readable.from(['content']), { filename: 'n.txt' })

  test.each<[string, unknown]>([
    ['a form with a stream', streaming],
    ['a stream', Readable.from(['content'])],
    ['a web stream', new Blob(['content']).stream()],
    ['an object', { a: 1 }],
    ['a list', ['a']],
    ['a Date', new Date(0)],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
    ['a Response', new Response('a')],
    [
      'a form with an object in it',
      filled(new FormData3(), 'x') &&
        Object.assign(new FormData3(), {
          *entries() {
            yield ['a', {}]
          },
        }),
    ],
  ])('authFetch() refuses %s with ERR_AUTH_BODY', async (_, body) => {
    const { origin, arrivals } = await loopback()
    const init = Object.assign({ method: 'POST', body: body as BodyInit }, { duplex: 'half' })
    const outcome = authFetch(signer, { allowedOrigins: [origin] })(origin, init)
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_AUTH_BODY', kind: 'build', provider: 'signer' })
    expect(arrivals).toHaveLength(0)
  })
})
