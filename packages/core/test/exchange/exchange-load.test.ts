import { expect, it, vi } from 'vitest'
import { createExchange } from '../../src/exchange/index.js'
import { AuthError, type AuthProvider, createHeaderMap } from '../../src/index.js'
import { keyAuth } from '../checks/sample-providers.js'

function gone(): never {
  throw new Error('The chunk was taken away')
}
vi.mock('../../src/exchange/recover-from.js', () => gone())
vi.mock('../../src/exchange/try-again.js', () => gone())

const options = { allowedOrigins: ['https://a.example'] }
const outbound = { method: 'GET', url: 'https://a.example/', headers: {} }

it.each([() => {}, gone])(
  'exchange.send() ends a rejected response when the code for it cannot be loaded',
  async (end) => {
    const discard = vi.fn(end)
    const auth: AuthProvider = { ...keyAuth('k'), recover: async () => true }
    const sending = createExchange(auth, options).send(outbound, {
      send: async () => 401,
      status: (status) => status,
      headers: () => createHeaderMap(),
      readBody: async () => '',
      discard,
    })
    await expect(sending).rejects.toMatchObject({ kind: 'transient', code: 'ERR_AUTH_LOAD' })
    expect(discard.mock.calls).toEqual([[401]])
  },
)

it('exchange.send() throws the first error when the code for a second try cannot be loaded', async () => {
  const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
  const addAuthHeaders = () => {
    throw error
  }
  const { send } = createExchange({ ...keyAuth('k'), addAuthHeaders }, options)
  await expect(send(outbound, {} as never)).rejects.toBe(error)
})
