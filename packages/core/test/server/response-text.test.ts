import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readResponseText } from '../../src/server/response-text.js'

const text = '{"refresh_token":"next","note":"ä"}'
const bytes = new TextEncoder().encode(text)
const wide = (order: 'little' | 'big', mark: boolean) => {
  const units = Array.from(`${mark ? '\ufeff' : ''}${text}`, (unit) => unit.charCodeAt(0))
  const pairs = units.flatMap((unit) =>
    order === 'little' ? [unit & 255, unit >> 8] : [unit >> 8, unit & 255],
  )
  return Uint8Array.from(pairs)
}
const latin = Uint8Array.from(text, (character) => character.charCodeAt(0))
const of = (body: BodyInit | null, contentType?: string) =>
  readResponseText(new Response(body, contentType ? { headers: { 'content-type': contentType } } : {}), 1000)

/** A body in parts, which then breaks, or goes on for ever. */
function parts(chunks: readonly Uint8Array[], end: 'close' | 'break' | 'hang' = 'close'): Response {
  const left = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift()
      if (next) return controller.enqueue(next)
      if (end === 'close') return controller.close()
      if (end === 'break') return controller.error(new Error('reset'))
      return new Promise<void>(() => {})
    },
  })
  return new Response(body)
}

describe('readResponseText() reads', () => {
  it.each([
    ['UTF-8', bytes, undefined],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes), undefined],
    ['UTF-8 whatever the content type', bytes, 'text/html; charset=us-ascii'],
    ['the charset that the server names', latin, 'application/json; charset=ISO-8859-1'],
    ['the charset in any letter case', latin, 'application/json;  CHARSET=iso-8859-1'],
    ['a quoted charset', latin, 'application/json;charset="windows-1252"'],
    ['UTF-16 that the server names', wide('little', true), 'application/json; charset=utf-16'],
  ])('%s', async (_, body, contentType) => {
    expect(await of(body, contentType)).toEqual({ text })
  })

  it('nothing of a response without a body', async () => {
    expect(await of(null)).toEqual({ text: '' })
  })

  it('characters that are split between parts', async () => {
    expect(await readResponseText(parts([...bytes].map((byte) => Uint8Array.of(byte))), 1000)).toEqual({
      text,
    })
  })
})

describe('readResponseText() reads as far as it goes', () => {
  it.each([
    ['UTF-16 with a byte order mark', wide('little', true)],
    ['UTF-16 without one', wide('little', false)],
    ['UTF-16 in the other order', wide('big', true)],
    ['UTF-16 in the other order without a mark', wide('big', false)],
  ])('%s', async (_, body) => {
    expect(await of(body)).toEqual({ text, fault: 'not-utf-8' })
  })

  it.each([
    undefined,
    'application/json; charset=utf-8',
    'application/json; charset=UTF8',
    'application/json; charset=martian',
    'application/json; charset=shift_jis',
    'application/json; xcharset=ISO-8859-1',
    'charset=ISO-8859-1',
  ])('bytes that are not UTF-8, of the content type %s', async (contentType) => {
    const read = await of(latin, contentType)
    expect(read).toEqual({ text: text.replace('ä', '\ufffd'), fault: 'not-utf-8' })
  })

  it('what is too long, and cancels the rest, whatever comes of that', async () => {
    const cancel = vi.fn(async () => Promise.reject(new Error('The connection is gone')))
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(bytes), cancel })
    const read = await readResponseText(new Response(endless), bytes.length + 5)
    expect(read).toEqual({ text: text + text.slice(0, 5), fault: 'too-long' })
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('what is too long where the rest never comes', async () => {
    expect(await readResponseText(parts([bytes, bytes], 'hang'), bytes.length + 5)).toEqual({
      text: text + text.slice(0, 5),
      fault: 'too-long',
    })
    expect(await readResponseText(parts([bytes]), bytes.length)).toEqual({ text })
  })

  it('a connection that breaks', async () => {
    const read = await readResponseText(parts([bytes.subarray(0, 25)], 'break'), 1000)
    expect(read).toMatchObject({ text: text.slice(0, 25), fault: 'incomplete', cause: { message: 'reset' } })
  })

  it('a connection that says no more until the signal aborts', async () => {
    const limit = new AbortController()
    const reason = new Error('too late')
    const reading = readResponseText(parts([bytes.subarray(0, 25)], 'hang'), 1000, limit.signal)
    setTimeout(() => limit.abort(reason), 20)
    expect(await reading).toEqual({ text: text.slice(0, 25), fault: 'incomplete', cause: reason })
  })

  it('nothing of UTF-16 where the runtime knows only UTF-8', async () => {
    const { TextDecoder } = globalThis
    vi.stubGlobal(
      'TextDecoder',
      class extends TextDecoder {
        constructor(label: string, options: TextDecoderOptions) {
          if (label !== 'utf-8') throw new RangeError(label)
          super(label, options)
        }
      },
    )
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(await of(wide('big', true))).toEqual({ text: '', fault: 'not-utf-8' })
  })

  it('a body that was read before', async () => {
    const response = new Response(text)
    await response.text()
    expect(await readResponseText(response, 1000)).toMatchObject({ text: '', fault: 'incomplete' })
  })
})
