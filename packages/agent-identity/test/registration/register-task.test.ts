import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registerTask } from '../../src/index.js'
import { answers, type LoopbackAuthority, loopbackAuthority } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'

const { agentRuntimeId, version1: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
})
afterEach(() => authority.close())

const task = (change = {}) =>
  registerTask({ baseUrl: authority.baseUrl, agentRuntimeId, privateKey, ...change })

describe('registerTask()', () => {
  it('sends exactly a time and the worked signature, and no credential', async () => {
    expect(await task({ now: () => new Date(worked.timestamp) })).toBe('task-1')
    const [call] = authority.calls
    expect(call?.path).toBe(`/api/accounts/v1/agent/${agentRuntimeId}/task/register`)
    expect(call?.body).toBe(`{"timestamp":"${worked.timestamp}","signature":"${worked.taskSignature}"}`)
    expect(call?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['task_id', { task_id: 'a', taskId: 'b', encrypted_task_id: worked.sealedTask }, 'a'],
    ['taskId', { taskId: 'b', encryptedTaskId: worked.sealedTask }, 'b'],
    ['encrypted_task_id', { encrypted_task_id: worked.sealedTask, encryptedTaskId: 'x' }, 'task-123'],
    ['encryptedTaskId', { encryptedTaskId: worked.sealedRunTask }, 'task-run-1'],
  ])('reads the id from %s', async (_, answer, expected) => {
    authority.wrapTask = () => answer
    expect(await task()).toBe(expected)
  })

  it.each([
    ['no id', '{}', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['an empty id', '{"task_id":""}', 'ERR_AUTH_AGENT_ID'],
    ['a hostile id', '{"task_id":"a:b"}', 'ERR_AUTH_AGENT_ID'],
    ['a damaged box', '{"encrypted_task_id":"AAAA"}', 'ERR_AUTH_SEALED_TASK'],
    ['no JSON', 'planted-garbage', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['a list', '["task_id"]', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['nothing', '', 'ERR_AUTH_REGISTRATION_RESPONSE'],
    ['10 MB', `{"task_id":"${'x'.repeat(10_000_000)}"}`, 'ERR_AUTH_REGISTRATION_RESPONSE'],
  ])('rejects a response with %s, once and without quoting it', async (_, body, code) => {
    authority.scripts.push(answers(200, body))
    const refused = await task().catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'build', code, retryable: false })
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('planted')
    expect(authority.calls).toHaveLength(1)
  })

  it('escapes the id in the path', async () => {
    const paths: string[] = []
    const fetch = async (url: unknown) => {
      paths.push(String(url))
      return Response.json({ task_id: 'task-1' })
    }
    for (const id of ['a/../b?c#d', 'é']) await task({ agentRuntimeId: id, idCharacters: 'printable', fetch })
    const base = `${authority.baseUrl}/v1/agent`
    expect(paths[0]).toBe(`${base}/a%2F..%2Fb%3Fc%23d/task/register`)
    expect(paths[1]).toBe(`${base}/%C3%A9/task/register`)
    for (const id of ['.', '..']) {
      await expect(task({ agentRuntimeId: id, idCharacters: 'printable', fetch })).rejects.toMatchObject({
        code: 'ERR_AUTH_AGENT_ID',
      })
    }
  })

  it('names the option that is malformed, and the id that the authority must not give', async () => {
    await expect(task({ baseUrl: 'planted' })).rejects.toThrow('registerTask: baseUrl must be an http(s) URL')
    authority.wrapTask = () => ({})
    await expect(task()).rejects.toThrow('Cannot register the task: the authority gave no id')
  })
})
