import { describe, expect, it } from 'vitest'
import { takeBody } from '../../src/body/take-body.js'

const options = { isWhole: false, isPlatform: true }

describe('takeBody()', () => {
  it.each<[string, unknown]>([
    ['a string', 'text'],
    ['null', null],
    ['undefined', undefined],
    ['a Blob', new Blob(['text'])],
    ['an object', { a: 1 }],
    ['a function', () => {}],
  ])('leaves %s as it is', (_, body) => {
    expect(takeBody(body, options)).toStrictEqual({ body })
  })

  it('copies bytes, also those of a Buffer', () => {
    const bytes = Buffer.from('text')
    const taken = takeBody(bytes, options)
    bytes.fill(0)
    expect(taken).toStrictEqual({ body: new TextEncoder().encode('text') })
  })

  it('makes a string of parameters, and a copy of a form', async () => {
    expect(await takeBody(new URLSearchParams([['a', 'ü b']]), options)).toStrictEqual({
      body: 'a=%C3%BC+b',
      contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
    })
    const form = new FormData()
    form.append('a', '1')
    const { body } = await takeBody(form, options)
    expect(body).toBeInstanceOf(FormData)
    expect(body).not.toBe(form)
    expect([...(body as FormData)]).toEqual([['a', '1']])
  })

  it('locks a stream at once', async () => {
    const stream = new Blob(['text']).stream()
    const taken = takeBody(stream, options)
    expect(stream.locked).toBe(true)
    const { body, release } = await taken
    expect(release).toBeTypeOf('function')
    expect(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe('text')
  })

  it('rejects a stream that is locked, or was read', async () => {
    const locked = new Blob(['text']).stream()
    locked.getReader()
    expect(() => takeBody(locked, options)).toThrow(TypeError)
    const read = new Blob(['text']).stream()
    await new Response(read).text()
    expect(() => takeBody(read, options)).toThrow(TypeError)
  })
})
