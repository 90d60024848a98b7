import { applyAuth, createHeaderMap, toAuthHeaders } from '@outbound-auth/core'
import { expect, it, vi } from 'vitest'
import { agentIdentityAuth, parseAgentKey, verifyAgentAssertion } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

// The implementation for runtimes without node:crypto, run here.
vi.mock('#ed25519', () => vi.importActual('../../src/key/ed25519-web.js'))

const { agentRuntimeId, taskId, version2: privateKey, sshPublicKey } = worked
const now = () => new Date(worked.timestamp)

it('agentIdentityAuth() with Web Crypto gives the error of its key to each request', async () => {
  const foreign = Buffer.from(privateKey, 'base64')
  foreign.writeUInt8(foreign.readUInt8(foreign.length - 1) ^ 1, foreign.length - 1)
  const auth = agentIdentityAuth({ agentRuntimeId, taskId, privateKey: foreign.toString('base64') })
  await new Promise((resolve) => setImmediate(resolve))
  expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NOT_READY' }))
  for (let call = 0; call < 2; call++) {
    const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
    await expect(applyAuth(auth, request)).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_KEY_MISMATCH' })
  }
})

it('agentIdentityAuth() with Web Crypto sends the worked assertion, which verifies', async () => {
  const auth = agentIdentityAuth({ agentRuntimeId, taskId, privateKey, now })
  expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NOT_READY' }))
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  const { headers } = await applyAuth(auth, request)
  expect(headers.get('authorization')).toBe(worked.header)
  expect(toAuthHeaders(auth)).toEqual({ authorization: worked.header })
  const options = { publicKey: sshPublicKey, now }
  expect(await verifyAgentAssertion(worked.header, options)).toMatchObject({ agentRuntimeId, taskId })
  const publicKey = new Uint8Array(32).fill(9)
  await expect(verifyAgentAssertion(worked.header, { publicKey, now })).rejects.toMatchObject({
    code: 'ERR_AUTH_ASSERTION_SIGNATURE',
  })
})

it('parseAgentKey() with Web Crypto rejects with the error of the text', async () => {
  await expect(parseAgentKey('planted')).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_KEY' })
})
