import { expect, it, vi } from 'vitest'
import { finalBodyLater } from '../../src/body/final-body-later.js'

vi.mock('../../src/body/final-body.js', () => {
  throw new Error('The chunk was taken away')
})

it('finalBodyLater() loads the code for forms only when a form comes', async () => {
  const bytes = new Uint8Array([65])
  expect(await finalBodyLater('text')).toEqual({ body: 'text', contentType: 'text/plain;charset=UTF-8' })
  expect(await finalBodyLater(bytes)).toEqual({ body: bytes })
  expect(await finalBodyLater(null)).toEqual({ body: undefined })
  await expect(finalBodyLater(new URLSearchParams('a=b'))).rejects.toMatchObject({
    kind: 'transient',
    code: 'ERR_AUTH_LOAD',
  })
})
