import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { decodeJwt } from 'jose'
import type { CredentialOptions, Credentials } from './credentials.js'

export interface AgentKindCredentials extends Credentials {
  /** Registers a task, as the authority does. */
  register(): string
}

/** Assertions of an agent, verified by OpenSSL from the description of the format. */
export async function agentCredentials({
  origin,
  failure,
}: CredentialOptions): Promise<AgentKindCredentials> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  let task = 1
  let registered = 0
  const auth = agentIdentityAuth({
    agentRuntimeId: 'agent-1',
    taskId: 'task-1',
    accountId: 'account-secret-1',
    async privateKey() {
      if (failure) throw failure
      return { token: pkcs8, lifetimeMs: 3_600_000 }
    },
    registration: { baseUrl: `${origin}/accounts` },
  })
  return {
    kind: 'agent',
    auth,
    verify({ headers }) {
      if (headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key']) return 'a key beside'
      const [, envelope] = /^AgentAssertion ([\w-]+)$/.exec(String(headers['authorization'])) ?? []
      if (envelope === undefined) return `no assertion, but ${String(headers['authorization']).slice(0, 20)}`
      // jose reads the envelope as it reads the claims of a token.
      const claims = decodeJwt(`${btoa('{}')}.${envelope}.x`)
      const {
        agent_runtime_id: agent,
        task_id: used,
        timestamp,
        signature,
      } = claims as Record<string, string>
      const text = Buffer.from(`${agent}:${used}:${timestamp}`)
      const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }))
      if (!verify(null, text, key, Buffer.from(signature ?? '', 'base64'))) return 'another signature'
      if (headers['chatgpt-account-id'] !== 'account-secret-1') return 'no account id'
      return used === `task-${task}` ? undefined : 'another task'
    },
    rotate() {
      task++
    },
    register() {
      registered++
      return `task-${task}`
    },
    calls: () => registered,
    rejection: {
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"code":"task_expired","message":"task expired"}}',
    },
    secrets: () => ['AgentAssertion', 'account-secret-1', pkcs8],
  }
}
