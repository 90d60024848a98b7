import { describe, expect, it } from 'vitest'
import { vectorFilesBeside, vectorsBeside } from '../../../test/support/vectors-beside.js'
import { registerAgent, registerTask } from '../src/index.js'
import { worked } from './worked-vectors.js'

interface RecordedRequest {
  readonly class?: string
  readonly method: string
  readonly target: string
  readonly body?: { readonly json?: unknown; readonly text?: string }
}

const files = vectorFilesBeside('codex-captures/', 'agent-')

/** The requests of one kind that the real client sent, in either form of a recorded body. */
function recorded(kind: string): { readonly target: string; readonly body: Record<string, unknown> }[] {
  return files
    .flatMap(
      (file) => vectorsBeside<{ requests: RecordedRequest[] }>(`codex-captures/${file}`)?.requests ?? [],
    )
    .filter((request) => request.class === kind)
    .map(({ target, body }) => ({
      target,
      body: (body?.json ?? JSON.parse(body?.text ?? '{}')) as Record<string, unknown>,
    }))
}

/** A server's side that takes one request and answers. */
function capture(answer: object) {
  const seen: { url: string; body: string }[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    seen.push({ url: String(url), body: String(init?.body) })
    return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })
  }
  return { seen, fetch }
}

describe.skipIf(files.length === 0)('the registrations of the real client', () => {
  it('of tasks are those of registerTask(), byte for byte', async () => {
    let compared = 0
    for (const { target, body } of recorded('agent-task-register')) {
      const [, agentRuntimeId = ''] = /\/v1\/agent\/([^/]+)\/task\/register$/.exec(target) ?? []
      // An agent that the client registered for itself has a key that nobody wrote down.
      if (agentRuntimeId === 'agent-registered-1') continue
      const { seen, fetch } = capture({ task_id: 'task-1' })
      const now = () => new Date(String(body['timestamp']))
      const baseUrl = 'https://auth.example/api/accounts'
      await registerTask({ baseUrl, agentRuntimeId, privateKey: worked.version1, now, fetch })
      expect(seen).toEqual([
        { url: `${baseUrl}/v1/agent/${agentRuntimeId}/task/register`, body: JSON.stringify(body) },
      ])
      compared += 1
    }
    expect(compared).toBeGreaterThan(20)
  })

  it('of agents have the properties of registerAgent(), in the same order', async () => {
    const bodies = recorded('agent-register').map(({ body }) => body)
    expect(bodies.length).toBeGreaterThan(10)
    const { seen, fetch } = capture({ agent_runtime_id: 'agent-1' })
    await registerAgent({
      baseUrl: 'https://auth.example/api/accounts',
      accessToken: 'token',
      account: { accountId: 'account-1', userId: 'user-1' },
      billOfMaterials: { agentVersion: '0.169.0', runningLocation: 'exec-linux' },
      fetch,
    })
    const sent = JSON.parse(seen[0]?.body ?? '{}')
    for (const body of bodies) {
      expect(Object.keys(sent)).toEqual(Object.keys(body))
      expect(Object.keys(sent.abom)).toEqual(Object.keys(body['abom'] as object))
      expect({ ...sent, agent_public_key: body['agent_public_key'] }).toEqual(body)
      expect(body['agent_public_key']).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[\w+/]{42}[\w+/=]$/)
    }
  })
})
