import type { AgentIdentityRecord } from '@outbound-auth/agent-identity'
import { createMemoryStore, type DocumentStore } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { agentStore } from '../../src/agent/stored-agent.js'
import type { AuthDocument } from '../../src/index.js'
import { agentRecord, chatgptDocument } from '../config/codex-home.js'

it('agentStore() registers no second agent when its store makes a change anew', async () => {
  const document: AuthDocument = chatgptDocument(new Date())
  const memory = createMemoryStore<AuthDocument>(document)
  /** Like a store that finds a newer document when it is about to write. */
  const store: DocumentStore<AuthDocument> = {
    read: memory.read,
    update: (change) =>
      memory.update(async (current) => {
        await change(current)
        return change(current)
      }),
  }
  let registrations = 0
  const kept = await agentStore(store).update(async () => {
    registrations += 1
    return agentRecord({ agent_runtime_id: `agent-${registrations}` }) as AgentIdentityRecord
  })
  expect([registrations, kept?.agent_runtime_id]).toEqual([1, 'agent-1'])
})
