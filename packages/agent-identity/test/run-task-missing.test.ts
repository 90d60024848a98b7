import {
  AuthError,
  applyAuth,
  authHeaderTelemetry,
  combineAuth,
  createHeaderMap,
  createMemoryStore,
  toAuthHeaders,
} from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { type AgentIdentityRecord, agentIdentityAuth } from '../src/index.js'
import { worked } from './worked-vectors.js'

const { agentRuntimeId, taskId, version2: privateKey } = worked
const options = { agentRuntimeId, privateKey, now: () => new Date(worked.timestamp) }
const missing = { kind: 'build', code: 'ERR_AUTH_RUN_TASK_MISSING', retryable: false }
const recordOf = (task_id: string | undefined): AgentIdentityRecord => ({
  agent_runtime_id: agentRuntimeId,
  agent_private_key: privateKey,
  account_id: 'account-1',
  chatgpt_user_id: 'user-1',
  plan_type: 'pro',
  chatgpt_account_is_fedramp: false,
  ...(task_id !== undefined && { task_id }),
})
const newRequest = () => ({
  method: 'GET',
  url: 'https://api.example.com/',
  headers: createHeaderMap(),
})
const errorOf = (run: () => unknown) => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('agentIdentityAuth() without a run task', () => {
  it('fails alike in applyAuth(), toAuthHeaders() and addAuthHeaders(), and says so to telemetry', async () => {
    const auth = agentIdentityAuth(options)
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject(missing)
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject(missing)
    expect(errorOf(() => auth.addAuthHeaders(createHeaderMap()))).toMatchObject(missing)
    expect(authHeaderTelemetry(auth)).toEqual({ attached: false })
    expect(auth.isReady?.()).toBe(false)
    // An empty list would mean a request that is bare on purpose.
    expect(auth.headerNames).toEqual(['authorization', 'chatgpt-account-id', 'x-openai-fedramp'])
  })

  it('fails alike beside another credential', async () => {
    const other = {
      kind: 'key',
      headerNames: ['x-key'],
      addAuthHeaders: (headers: ReturnType<typeof createHeaderMap>) => headers.set('x-key', 'secret-1'),
    }
    const auth = combineAuth(other, agentIdentityAuth(options))
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject(missing)
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject(missing)
    expect(authHeaderTelemetry(auth)).toEqual({ attached: false })
  })

  it('waits to be asked for a store, tells what it found there, and works once a task is there', async () => {
    const store = createMemoryStore<AgentIdentityRecord>(recordOf(undefined))
    const auth = agentIdentityAuth({
      ...options,
      registration: { baseUrl: 'https://authority.example.com', store },
    })
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject({ code: 'ERR_AUTH_NOT_READY' })
    expect(authHeaderTelemetry(auth)).toEqual({ attached: true, name: 'authorization' })
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject(missing)
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject(missing)
    expect(authHeaderTelemetry(auth)).toEqual({ attached: false })

    await store.update(() => recordOf(taskId))
    await expect
      .poll(() => applyAuth(auth, newRequest()).then(({ headers }) => headers.get('authorization')), {
        timeout: 5000,
      })
      .toBe(worked.header)
    expect(toAuthHeaders(auth)['authorization']).toBe(worked.header)
    expect(authHeaderTelemetry(auth)).toEqual({ attached: true, name: 'authorization' })
  })

  it('forgets that its store could not be read for a moment', async () => {
    let failure: AuthError | undefined = AuthError.transient('Cannot read the store', {
      code: 'ERR_AUTH_SOURCE',
    })
    const stored = createMemoryStore<AgentIdentityRecord>(recordOf(taskId))
    const read = async () => {
      if (failure) throw failure
      return stored.read()
    }
    const registration = { baseUrl: 'https://authority.example.com', store: { ...stored, read } }
    const auth = agentIdentityAuth({ ...options, registration })
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject({ kind: 'transient' })
    expect(auth.isReady?.()).toBe(true)
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject({ code: 'ERR_AUTH_NOT_READY' })
    failure = undefined
    expect(auth.agentIdentity).toBeUndefined()
    await expect
      .poll(() => applyAuth(auth, newRequest()).catch(() => undefined), { timeout: 5000 })
      .toBeDefined()
    expect(auth.agentIdentity).toEqual({ agentId: agentRuntimeId, taskId })
  })

  it('tells that the store has no record in the same places', async () => {
    const store = createMemoryStore<AgentIdentityRecord>()
    const auth = agentIdentityAuth({
      ...options,
      registration: { baseUrl: 'https://authority.example.com', store },
    })
    const noRecord = { kind: 'build', code: 'ERR_AUTH_AGENT_RECORD' }
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject(noRecord)
    expect(errorOf(() => toAuthHeaders(auth))).toMatchObject(noRecord)
    expect(authHeaderTelemetry(auth)).toEqual({ attached: false })
  })
})
