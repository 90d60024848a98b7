import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { AuthProvider, AuthRejection } from '../../../src/index.js'
import { recoverHandshake } from '../../../src/index.js'
import type { HandshakeRejection } from '../../../src/provider.js'
import { keyAuth } from '../../checks/sample-providers.js'

const opened = { url: 'wss://a.example/live', headers: { 'x-key': 'k' } }

/** The response as the provider saw it. */
async function seenOf(rejection: number | HandshakeRejection) {
  let seen:
    | { headers: [string, string][]; body: string; again: string; status: number; attempt: number }
    | undefined
  const provider: AuthProvider = {
    ...keyAuth('k'),
    recoverStatuses: [401, 403],
    async recover({ headers, readBody, status, attempt }: AuthRejection) {
      seen = { headers: [...headers], body: await readBody(), again: await readBody(), status, attempt }
      return true
    },
  }
  const recovered = await recoverHandshake(provider, opened, rejection)
  return { recovered, seen }
}

const bytes = new TextEncoder().encode('refüsed')

const bodies: readonly (readonly [what: string, make: () => HandshakeRejection['body'], text: string])[] = [
  ['a string', () => 'refüsed', 'refüsed'],
  ['bytes', () => bytes, 'refüsed'],
  ['a Buffer', () => Buffer.from('refüsed'), 'refüsed'],
  ['a web stream', () => new Blob(['ref', 'üsed']).stream(), 'refüsed'],
  [
    'a web stream of a browser, which cannot be iterated',
    () => {
      const stream = new Blob(['ref', 'üsed']).stream()
      return { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>
    },
    'refüsed',
  ],
  ['a Node stream of bytes', () => Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]), 'refüsed'],
  ['a Node stream of strings', () => Readable.from(['ref', 'üsed']), 'refüsed'],
  ['a function', () => () => 'refüsed', 'refüsed'],
  ['an asynchronous function', () => async () => 'refüsed', 'refüsed'],
  ['null', () => null, ''],
  ['undefined', () => undefined, ''],
  ['a function that fails', () => () => Promise.reject(new Error('gone')), ''],
  [
    'a web stream that was read',
    () => {
      const stream = new Blob(['x']).stream()
      void stream.getReader()
      return stream
    },
    '',
  ],
  [
    'a stream that breaks off',
    () =>
      Readable.from(
        (async function* () {
          yield 'ref'
          throw new Error('reset')
        })(),
      ),
    'ref',
  ],
]

describe('recoverHandshake()', () => {
  it.each(bodies)('lets the provider read a body that is %s', async (_what, make, text) => {
    const { recovered, seen } = await seenOf({ status: 401, body: make() })
    expect(recovered).toBe(true)
    expect(seen).toMatchObject({ status: 401, attempt: 0, body: text, again: text })
  })

  it.each<[string, HandshakeRejection['headers']]>([
    ['an object', { Date: 'now', 'x-a': '1' }],
    ['Headers', new Headers({ Date: 'now', 'x-a': '1' })],
    ["Node's headers", { date: 'now', 'x-a': ['1'], 'x-none': undefined }],
    [
      'pairs',
      [
        ['DATE', 'now'],
        ['x-a', '1'],
      ],
    ],
    [
      'headers of which one is illegal',
      { date: 'now', 'x-a': '1', 'x-b': 'two\r\nlines', 'not a name': '1' },
    ],
  ])('shows the provider headers that are %s', async (_what, headers) => {
    const { seen } = await seenOf({ status: 403, headers })
    expect(seen?.headers).toEqual([
      ['date', 'now'],
      ['x-a', '1'],
    ])
  })

  it('joins headers that came twice', async () => {
    const { seen } = await seenOf({ status: 401, headers: { 'set-cookie': ['a=1', 'b=2'] } })
    expect(seen?.headers).toEqual([['set-cookie', 'a=1, b=2']])
  })

  it('takes a Response', async () => {
    const response = new Response('refused', { status: 401, headers: { 'x-a': '1' } })
    const { recovered, seen } = await seenOf(response)
    expect(recovered).toBe(true)
    expect(seen).toMatchObject({ status: 401, body: 'refused' })
    expect(seen?.headers).toContainEqual(['x-a', '1'])
  })

  it('takes a bare status', async () => {
    expect(await seenOf(403)).toEqual({
      recovered: true,
      seen: { status: 403, attempt: 0, headers: [], body: '', again: '' },
    })
  })

  it.each([404, 200, undefined, Number.NaN])('is false for status %s, and reads nothing', async (status) => {
    const body = vi.fn(() => 'x')
    expect(await seenOf({ status, body })).toEqual({ recovered: false, seen: undefined })
    expect(body).not.toHaveBeenCalled()
  })

  it('reads a body only when the provider asks for it', async () => {
    const body = vi.fn(() => 'x')
    expect(
      await recoverHandshake({ ...keyAuth('k'), recover: async () => true }, opened, { status: 401, body }),
    ).toBe(true)
    expect(body).not.toHaveBeenCalled()
  })

  it('reads at most 64 KiB of an endless body, and ends it', async () => {
    let isEnded = false
    const endless = (async function* () {
      try {
        for (;;) yield new Uint8Array(10_000).fill(97)
      } finally {
        isEnded = true
      }
    })()
    const { seen } = await seenOf({ status: 401, body: endless })
    expect(seen?.body.length).toBe(65_536)
    expect(isEnded).toBe(true)
  })

  it.each<[string, () => HandshakeRejection['body']]>([
    [
      'an async iterable',
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    ],
    ['a web stream', () => new ReadableStream()],
    ['a function', () => () => new Promise<never>(() => {})],
  ])('waits at most 2 s for %s that hangs', async (_what, make) => {
    vi.useFakeTimers()
    try {
      const pending = seenOf({ status: 401, body: make() })
      await vi.advanceTimersByTimeAsync(1999)
      let isDone = false
      void pending.then(() => {
        isDone = true
      })
      await Promise.resolve()
      expect(isDone).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect((await pending).seen).toMatchObject({ body: '' })
    } finally {
      vi.useRealTimers()
    }
  })

  it.each<[string, HandshakeRejection['body'], string]>([
    ['a string', 'a'.repeat(65_537), 'a'.repeat(65_536)],
    ['bytes', new Uint8Array(65_537).fill(97), 'a'.repeat(65_536)],
    ['a string that ends in half a letter', `${'a'.repeat(65_535)}ü`, 'a'.repeat(65_535)],
    ['a view', new Uint8Array([97, 98, 99]).subarray(1, 2), 'b'],
    ['something else', 5 as never, ''],
    ['a stream with something else', Readable.from([5, 'a']), 'a'],
  ])('reads of a body that is %s what is text, up to 64 KiB', async (_what, body, text) => {
    const { seen } = await seenOf({ status: 401, body })
    expect(seen?.body === text).toBe(true)
  })

  it.each(['iterated', 'read'])('ends a web stream that can be %s when it has read enough', async (how) => {
    const chunk = new Uint8Array(40_000).fill(97)
    const cancel = vi.fn()
    let pulls = 0
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      pulls += 1
      controller.enqueue(chunk)
    }
    const stream = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
    const readable = { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>
    const { seen } = await seenOf({ status: 401, body: how === 'read' ? readable : stream })
    expect(seen?.body).toHaveLength(65_536)
    await expect.poll(() => cancel.mock.calls.length).toBe(1)
    expect(pulls).toBe(2)
  })

  it('leaves no timer when it has read the body, and no rejection when the stream cannot be ended', async () => {
    vi.useFakeTimers()
    try {
      const read = vi.fn(async () => ({ done: false, value: new Uint8Array(65_536).fill(97) }))
      const cancel = vi.fn(() => Promise.reject(new Error('gone')))
      const body = { getReader: () => ({ read, cancel }) } as unknown as ReadableStream<Uint8Array>
      expect((await seenOf({ status: 401, body })).seen?.body).toHaveLength(65_536)
      expect([read.mock.calls.length, cancel.mock.calls.length]).toEqual([1, 1])
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('takes nothing of a response from a polluted prototype', async () => {
    Object.defineProperty(Object.prototype, 'body', { value: 'polluted', configurable: true })
    try {
      expect((await seenOf({ status: 401 })).seen?.body).toBe('')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'body')
    }
  })

  it('says what to pass of a response that has statusCode', async () => {
    await expect(seenOf({ statusCode: 401 } as never)).rejects.toThrow(
      /^recoverHandshake takes a status or \{ status, headers, body \}, got an object without status$/,
    )
  })
})
