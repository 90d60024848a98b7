import { createHash } from 'node:crypto'
import type { AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici, type Undici } from '../each-undici.js'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Signs the bytes and nothing else. */
const signer: AuthProvider = {
  kind: 'signer',
  headerNames: ['x-digest'],
  requiresBody: true,
  addAuthHeaders() {},
  async applyAuth(request) {
    if (!(request.body instanceof Uint8Array)) throw new Error('these are no bytes')
    request.headers.set('x-digest', sha256(request.body))
    return request
  },
}

/** A File of another library: `instanceof` knows nothing of it. */
const fileOf = (content: string, how: 'arrayBuffer' | 'stream') => ({
  [Symbol.toStringTag]: 'File',
  name: 'a.txt',
  type: 'text/x-test',
  size: content.length,
  ...(how === 'arrayBuffer' && { arrayBuffer: async () => new TextEncoder().encode(content).buffer }),
  ...(how === 'stream' && { stream: () => new Blob([content]).stream() }),
})

/** A FormData of another library. */
function foreignForm(entries: [string, unknown][]): unknown {
  return {
    [Symbol.toStringTag]: 'FormData',
    append: (name: string, value: unknown) => entries.push([name, value]),
    delete() {},
    get: (name: string) => entries.find(([key]) => key === name)?.[1] ?? null,
    getAll: (name: string) => entries.filter(([key]) => key === name).map(([, value]) => value),
    has: (name: string) => entries.some(([key]) => key === name),
    set() {},
    entries: () => entries.values(),
    [Symbol.iterator]: () => entries.values(),
  }
}

function filled(form: { append(name: string, value: unknown, file?: string): void }): unknown {
  form.append('name', 'välue')
  form.append('file', new Blob(['content'], { type: 'text/x-test' }), 'a.txt')
  return form
}

const forms: [string, (undici: Undici) => unknown][] = [
  ["undici's own", (undici) => filled(new undici.FormData() as never)],
  ["Node's own", () => filled(new FormData() as never)],
  [
    'a foreign one',
    () =>
      foreignForm([
        ['name', 'välue'],
        ['file', fileOf('content', 'arrayBuffer')],
      ]),
  ],
  [
    'a foreign one with streams',
    () =>
      foreignForm([
        ['name', 'välue'],
        ['file', fileOf('content', 'stream')],
      ]),
  ],
  [
    'one that takes arguments',
    () => {
      class Strict extends FormData {
        constructor(given?: string) {
          super()
          if (given === undefined) throw new Error('an argument is missing')
        }
      }
      return filled(new Strict('given') as never)
    },
  ],
]

eachUndici((undici) => {
  async function send(body: unknown) {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    const opts = { origin, path: '/', method: 'POST', body } as Dispatcher.RequestOptions
    const error = await failure(agent.request(opts).then((response) => response.body.dump()))
    return { error, arrivals }
  }

  test.each(forms)('authInterceptor() signs a form that is %s, with its file', async (_, make) => {
    const { arrivals } = await send(make(undici))
    const [arrival] = arrivals
    const headers = arrival?.headers as Record<string, string>
    expect(headers['x-digest']).toBe(sha256(arrival?.body ?? Buffer.alloc(0)))
    const received = await new Response(arrival?.body, { headers }).formData()
    const file = received.get('file') as File
    expect([received.get('name'), file.name, file.type, await file.text()]).toEqual([
      'välue',
      'a.txt',
      'text/x-test',
      'content',
    ])
  })

  test.each(['arrayBuffer', 'stream'] as const)(
    'authInterceptor() signs a foreign file that has only %s()',
    async (how) => {
      const { arrivals } = await send(fileOf('content', how))
      expect(arrivals).toMatchObject([
        {
          body: Buffer.from('content'),
          headers: { 'content-type': 'text/x-test', 'x-digest': sha256(Buffer.from('content')) },
        },
      ])
    },
  )

  test.each<[string, () => unknown]>([
    ['a form with an object in it', () => foreignForm([['planted', { planted: 1 }]])],
    [
      'a form whose file cannot be read',
      () =>
        foreignForm([
          [
            'planted',
            { ...fileOf('planted', 'arrayBuffer'), arrayBuffer: () => Promise.reject(new Error('planted')) },
          ],
        ]),
    ],
    [
      'a file that gives no bytes',
      () => ({ ...fileOf('planted', 'arrayBuffer'), arrayBuffer: async () => 'planted' }),
    ],
  ])('authInterceptor() signs no text in the place of %s: ERR_AUTH_BODY', async (_, make) => {
    const { error, arrivals } = await send(make())
    expect(error).toMatchObject({ code: 'ERR_AUTH_BODY', kind: 'build', provider: 'signer' })
    expect(String(error)).not.toContain('planted')
    expect(arrivals).toEqual([])
  })
})
