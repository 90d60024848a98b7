import { describe, expect, it } from 'vitest'
import { snapshotForm } from '../../src/body/snapshot-form.js'

describe('snapshotForm()', () => {
  it('copies the entries of a form, and of parameters', () => {
    const parameters = new URLSearchParams('a=1&b=2')
    const snapshot = snapshotForm(parameters)
    parameters.append('c', '3')
    expect(snapshot).toStrictEqual({
      entries: [
        ['a', '1'],
        ['b', '2'],
      ],
    })
  })

  it('copies the bytes that a form writes itself', () => {
    const bytes = Buffer.from('text')
    const snapshot = snapshotForm({ getBuffer: () => bytes })
    bytes.fill(0)
    expect(snapshot).toStrictEqual({ written: new TextEncoder().encode('text') })
    expect(snapshotForm({ getBuffer: () => 'text' })).toStrictEqual({ written: undefined })
  })

  it.each<[string, object, object | undefined]>([
    [
      'a form that holds a stream',
      {
        getBuffer() {
          throw new TypeError('a stream')
        },
      },
      {},
    ],
    ['a file of another realm', { arrayBuffer() {} }, {}],
    ['a Blob', new Blob(['text']), undefined],
    ['any other object', { entries: 1, getBuffer: 2, arrayBuffer: 3 }, undefined],
  ])('says of %s whether the code that is loaded later is needed', (_, body, expected) => {
    expect(snapshotForm(body)).toStrictEqual(expected)
  })
})
