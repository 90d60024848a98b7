import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { finalBody, finalBodyLater, isStream } from '../../src/exchange/index.js'
import { AuthError } from '../../src/index.js'

const text = (body: unknown) => (typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString())
const plain = 'text/plain;charset=UTF-8'
const encoded = 'application/x-www-form-urlencoded;charset=UTF-8'

/** The classes of another realm or library: same shape, other identity. */
class ForeignBlob {
  readonly [Symbol.toStringTag] = 'Blob'
  readonly #content: string
  readonly type: string
  constructor(content: string, type = '') {
    this.#content = content
    this.type = type
  }
  get size() {
    return this.#content.length
  }
  async arrayBuffer(): Promise<unknown> {
    return new TextEncoder().encode(this.#content).buffer
  }
}
class ForeignFile extends ForeignBlob {
  readonly name: string
  constructor(content: string, name: string, type?: string) {
    super(content, type)
    this.name = name
  }
}
class ForeignForm {
  readonly #entries: [string, unknown][] = []
  append(name: string, value: unknown) {
    this.#entries.push([name, value])
  }
  getAll(name: string) {
    return this.#entries.filter(([other]) => other === name)
  }
  entries() {
    return this.#entries.values()
  }
  toString() {
    return '[object FormData]'
  }
}
class ForeignParams extends ForeignForm {
  sort() {}
}

function filled<F extends { append(name: string, value: never): void }>(
  form: F,
  values: [string, unknown][],
): F {
  for (const [name, value] of values) form.append(name, value as never)
  return form
}

/** `form-data` of npm writes itself. */
const formStream = (getBuffer: () => unknown, type: unknown = 'multipart/form-data; boundary=b') => ({
  getHeaders: () => ({ 'content-type': type }),
  getBoundary: () => 'b',
  getBuffer,
  append() {},
  pipe() {},
  toString: () => '[object FormData]',
})

describe('finalBody()', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['a string', 'aü', 'aü', plain],
    ['an empty string', '', '', plain],
    ['a String', new String('abc'), 'abc', plain],
    ['a String of another realm', runInNewContext('new String("abc")'), 'abc', plain],
    ['a number', 5, '5', plain],
    ['a bigint', 5n, '5', plain],
    ['a boolean', false, 'false', plain],
    ['bytes', new Uint8Array([65, 66]), 'AB', undefined],
    ['a Buffer', Buffer.from('xABx').subarray(1, 3), 'AB', undefined],
    ['an ArrayBuffer', new Uint8Array([65]).buffer, 'A', undefined],
    ['a DataView', new DataView(new Uint8Array([64, 65]).buffer, 1), 'A', undefined],
    ['numbers of 16 bits', new Uint16Array([0x4141]), 'AA', undefined],
    ['bytes of another realm', runInNewContext('new Uint8Array([64, 65]).subarray(1)'), 'A', undefined],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([65]).buffer'), 'A', undefined],
    [
      'a DataView of another realm',
      runInNewContext('new DataView(new Uint8Array([65]).buffer)'),
      'A',
      undefined,
    ],
    ['URLSearchParams', new URLSearchParams({ a: 'b c&ü' }), 'a=b+c%26%C3%BC', encoded],
    ['foreign URLSearchParams', filled(new ForeignParams(), [['a', 'b c']]), 'a=b+c', encoded],
    ['a Blob', new Blob(['abc'], { type: 'a/b' }), 'abc', 'a/b'],
    ['a Blob without a type', new Blob(['abc']), 'abc', undefined],
    ['a foreign Blob', new ForeignBlob('abc', 'a/b'), 'abc', 'a/b'],
    ['a foreign File', new ForeignFile('abc', 'name'), 'abc', undefined],
    ['a foreign Blob with a line break in its type', new ForeignBlob('abc', 'a/b\r\nx: y'), 'abc', undefined],
    [
      'a form that writes itself',
      formStream(() => Buffer.from('abc')),
      'abc',
      'multipart/form-data; boundary=b',
    ],
  ])('serialises %s', async (_, body, expected, contentType) => {
    const final = await finalBody(body, 'test')
    expect([text(final.body), final.contentType]).toEqual([expected, contentType])
  })

  it.each([undefined, null])('leaves %s away', async (body) => {
    expect(await finalBody(body, 'test')).toEqual({ body: undefined })
  })

  it('gives bytes that other threads could change as a copy', async () => {
    const shared = new SharedArrayBuffer(3)
    for (const body of [shared, new Uint8Array(shared, 1)]) {
      const { body: bytes } = await finalBody(body, 'test')
      expect((bytes as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer)
      expect(bytes).toHaveLength(body.byteLength)
    }
  })

  const entries: [string, unknown][] = [
    ['a', 'b'],
    ['', ''],
    ['"quoted"\r\nname\n', 'line\nbreaks\rand\r\nmore'],
    ['ü', '😀'],
  ]
  it('writes a form byte for byte as fetch does', async () => {
    const form = filled(new FormData(), [
      ...entries,
      ['file', new File(['\r\n--x'], 'n"a\nü.txt', { type: 'a/b' })],
      ['b', new Blob(['x'])],
    ])
    const { body, contentType = '' } = await finalBody(form, 'test')
    const response = new Response(form)
    const theirs = response.headers.get('content-type') ?? ''
    const boundaryOf = (type: string) => type.replace(/^multipart\/form-data; ?boundary=/, '')
    const sent = (await response.text()).replaceAll(boundaryOf(theirs), boundaryOf(contentType))
    // Node 20.19.0 leaves out the last line break.
    expect(text(body)).toBe(sent.endsWith('--') ? `${sent}\r\n` : sent)
    const again = await new Response(body ?? null, { headers: { 'content-type': contentType } }).formData()
    expect(again.get('ü')).toBe('😀')
  })

  it('writes a foreign form as one of this realm', async () => {
    const file = new ForeignFile('content', 'n.txt', 'a/b')
    const { body, contentType = '' } = await finalBody(
      filled(new ForeignForm(), [...entries, ['file', file]]),
      'test',
    )
    const form = await new Response(body ?? null, { headers: { 'content-type': contentType } }).formData()
    expect(form.get('ü')).toBe('😀')
    const received = form.get('file') as File
    expect([received.name, received.type, await received.text()]).toEqual(['n.txt', 'a/b', 'content'])
  })

  it('reads a file that only streams', async () => {
    const streams = [
      () => new Blob(['con', 'tent']).stream(),
      async function* () {
        yield Buffer.from('content')
      },
    ]
    for (const stream of streams)
      expect(text((await finalBody({ size: 7, type: '', stream }, 'test')).body)).toBe('content')
  })

  it('takes the entries of a form as they are at the call', async () => {
    const form = filled(new FormData(), [['a', 'before']])
    const final = finalBody(form, 'test')
    form.set('a', 'after')
    expect(text((await final).body)).toContain('before')
  })

  it.each<[string, () => unknown]>([
    ['an object', () => ({ a: 1 })],
    ['an object of another realm', () => runInNewContext('({})')],
    ['an object without a prototype', () => Object.create(null)],
    ['an object that makes a string', () => ({ toString: () => 'planted' })],
    ['a list', () => ['planted']],
    ['a Date', () => new Date()],
    ['a URL', () => new URL('https://a.example/')],
    ['a Map', () => new Map()],
    ['a promise', () => Promise.resolve('planted')],
    ['a function', () => () => 'planted'],
    ['a symbol', () => Symbol('planted')],
    ['a Request', () => new Request('https://a.example/')],
    ['a Response', () => new Response('planted')],
    ['an object with the prototype of a form', () => Object.create(FormData.prototype)],
    ['an object with the tag of a form', () => ({ [Symbol.toStringTag]: 'FormData' })],
    ['an object with the tag of a buffer', () => ({ [Symbol.toStringTag]: 'ArrayBuffer' })],
    ['an object with the tag of a string', () => ({ [Symbol.toStringTag]: 'String' })],
    ['a form with an object', () => filled(new ForeignForm(), [['a', { planted: 1 }]])],
    ['a form with a list', () => filled(new ForeignForm(), [['a', ['planted']]])],
    [
      'a form with a file that gives a string',
      () => filled(new ForeignForm(), [['a', { size: 1, type: '', arrayBuffer: async () => 'planted' }]]),
    ],
    [
      'a form that writes itself, with a stream',
      () =>
        formStream(() => {
          throw new TypeError('planted')
        }),
    ],
    ['a form that writes nothing', () => formStream(() => undefined)],
    ['a form that has no type', () => formStream(() => Buffer.from('a'), null)],
    [
      'a file that cannot be read',
      () => ({ size: 1, type: '', arrayBuffer: () => Promise.reject(new Error('planted')) }),
    ],
    ['an iterable', () => [][Symbol.iterator]()],
    ['a web stream', () => new Blob(['planted']).stream()],
    [
      'an async iterable',
      async function* () {
        yield 'planted'
      },
    ],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
    ],
  ])('refuses %s with ERR_AUTH_BODY', async (_, make) => {
    const error = await finalBody(make(), 'test').catch((thrown) => thrown)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'ERR_AUTH_BODY', kind: 'build', provider: 'test' })
    expect(error.message).toContain('Pass a string, bytes, a Blob, FormData or URLSearchParams')
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted')
  })
})

describe.each([
  ['finalBody()', finalBody],
  ['finalBodyLater()', finalBodyLater],
])('%s says why it cannot serialise', (_name, serialise) => {
  const unread = 'its content cannot be read, perhaps since a form holds a stream'
  const unknown = 'it is of a kind that cannot be serialised:'

  it.each<[string, () => unknown, string, object | undefined]>([
    ['a stream', () => new Blob(['a']).stream(), 'it is a stream, which can be read only once', undefined],
    ['an object', () => ({ a: 1 }), `${unknown} Object`, undefined],
    ['a symbol', () => Symbol('a'), `${unknown} Symbol`, undefined],
    ['a list', () => ['a'], `${unknown} Array`, undefined],
    ['a form that writes nothing', () => formStream(() => undefined), unread, { name: 'TypeError' }],
    ['a form without a type', () => formStream(() => Buffer.from('a'), 5), unread, { name: 'TypeError' }],
    [
      'a file that cannot be read',
      () => ({ size: 1, type: '', arrayBuffer: () => Promise.reject(new RangeError('planted')) }),
      unread,
      { name: 'RangeError' },
    ],
  ])('%s', async (_what, make, why, cause) => {
    const subjects = [
      ['sample', 'The sample provider needs the whole body'],
      [undefined, 'The body has to be serialised'],
    ] as const
    for (const [provider, subject] of subjects) {
      const error = await serialise(make(), provider).catch((thrown) => thrown)
      expect(error).toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_BODY',
        provider,
        message: `${subject} before it is sent, but ${why}. Pass a string, bytes, a Blob, FormData or URLSearchParams`,
        ...(cause && { cause }),
      })
      if (!cause) expect(error).not.toHaveProperty('cause')
    }
  })
})

it('finalBodyLater() serialises as finalBody() does', async () => {
  const bytes = new Uint8Array([65])
  expect(await finalBodyLater(undefined)).toEqual({ body: undefined })
  expect((await finalBodyLater(bytes)).body).toBe(bytes)
  expect(await finalBodyLater(new URLSearchParams('a=b'))).toEqual({ body: 'a=b', contentType: encoded })
})

describe('isStream()', () => {
  it.each<[string, unknown, boolean]>([
    ['a web stream', new Blob(['']).stream(), true],
    ['an async iterable', { async *[Symbol.asyncIterator]() {} }, true],
    ['an old Node stream', { pipe() {} }, true],
    ['a form', new FormData(), false],
    ['a Blob', new Blob(), false],
    ['bytes', new Uint8Array(), false],
    ['a string', 'a', false],
    ['nothing', null, false],
  ])('tells %s', (_, body, expected) => {
    expect(isStream(body)).toBe(expected)
  })
})
