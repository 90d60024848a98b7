import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { drainBody, peekBody } from '../src/response-body.js'

const limit = 64 * 1024
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A web stream of these chunks, and what becomes of it. */
function webBody(...chunks: readonly (string | number)[]) {
  const seen = { reads: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.reads++]
        if (chunk === undefined) controller.close()
        else
          controller.enqueue(
            typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk),
          )
      },
      cancel() {
        seen.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

/** The part of a Node stream that is used, and what becomes of it. */
function nodeBody(...chunks: readonly string[]) {
  const seen = { reads: 0, destroyed: 0, events: [] as string[] }
  const body = {
    on(event: string, listener: () => void) {
      seen.events.push(event)
      listener()
    },
    destroy: () => void seen.destroyed++,
    async *[Symbol.asyncIterator]() {
      for (const chunk of chunks) {
        seen.reads++
        yield new TextEncoder().encode(chunk)
      }
    },
  }
  return { body, seen }
}

const peek = (body: unknown) => peekBody({ clone: () => ({ body }) })
const headersOf = (length?: number) =>
  new Headers(length === undefined ? {} : { 'content-length': `${length}` })

describe('peekBody()', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a string', 'text'],
    ['an object that is not a stream', {}],
  ])('is empty for a body that is %s', async (_, body) => {
    expect(await peek(body)).toBe('')
  })

  it('is empty for a response that cannot be cloned, and for a body that is being read', async () => {
    const clone = () => {
      throw new TypeError('it was read')
    }
    expect(await peekBody({ clone })).toBe('')
    const { body, seen } = webBody('text')
    const reader = body.getReader()
    expect(await peek(body)).toBe('')
    expect(seen).toEqual({ reads: 0, isCancelled: false })
    reader.releaseLock()
  })

  it.each([
    ['a web stream', webBody],
    ['a Node stream', nodeBody],
  ])('reads all of %s', async (_, make) => {
    expect(await peek(make('one ', 'two').body)).toBe('one two')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('destroys a Node stream afterwards, and hears its errors', async () => {
    const { body, seen } = nodeBody('text')
    await peek(body)
    expect(seen).toEqual({ reads: 1, destroyed: 1, events: ['error'] })
  })

  it('reads a stream that has only an iterator', async () => {
    const { body } = nodeBody('text')
    expect(await peek({ [Symbol.asyncIterator]: body[Symbol.asyncIterator] })).toBe('text')
  })

  it('reads what came of a body that breaks off', async () => {
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield new TextEncoder().encode('some')
        throw new Error('broken off')
      },
    }
    expect(await peek(failing)).toBe('some')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a body that is longer than 64 KiB', async () => {
    const { body, seen } = webBody(limit - 1, 'ab', 'c')
    const text = await peek(body)
    expect([text.length, text.at(-1)]).toEqual([limit, 'a'])
    expect(seen).toEqual({ reads: 2, isCancelled: true })
  })

  it.each([
    ['2 s for a web stream', () => new ReadableStream(), 2000],
    [
      '400 ms for a Node stream',
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
      400,
    ],
  ])('waits %s', async (_, make, waitMs) => {
    let cancelled = 0
    const body = Object.assign(make(), { destroy: () => void cancelled++ })
    const outcome = vi.fn()
    void peek(body).then(outcome)
    await vi.advanceTimersByTimeAsync(waitMs - 1)
    expect([outcome.mock.calls.length, cancelled]).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(2)
    expect(outcome.mock.calls.length + cancelled).toBe(1)
  })
})

describe('drainBody()', () => {
  it('reads the rest of a response', async () => {
    const { body, seen } = webBody(limit, 1)
    await drainBody({ body, headers: headersOf() })
    // One byte beyond the limit, after which the rest costs the connection.
    expect(seen).toEqual({ reads: 2, isCancelled: true })
    const short = webBody(limit)
    await drainBody({ body: short.body, headers: headersOf(limit) })
    expect(short.seen).toEqual({ reads: 2, isCancelled: false })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a response at once that says how long it is', async () => {
    const { body, seen } = webBody(1)
    await drainBody({ body, headers: headersOf(limit + 1) })
    expect(seen).toEqual({ reads: 0, isCancelled: true })
  })

  it('reads nothing of a response without a body', async () => {
    await drainBody({ body: null, headers: headersOf() })
    expect(vi.getTimerCount()).toBe(0)
  })
})
