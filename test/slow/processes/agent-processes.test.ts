import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loopbackAuthority } from '../../../packages/agent-identity/test/loopback-authority.js'
import { worked } from '../../../packages/agent-identity/test/worked-vectors.js'

const { agentRuntimeId, version1: privateKey } = worked

it('8 processes that share a store register one task for 160 requests on a dead one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'))
  const authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
  const file = join(folder, 'agent.json')
  writeFileSync(
    file,
    JSON.stringify({ agent_runtime_id: agentRuntimeId, agent_private_key: privateKey, task_id: 'dead' }),
  )
  const worker = fileURLToPath(new URL('../workers/agent-worker.mjs', import.meta.url))
  const workers = Array.from({ length: 8 }, () =>
    spawn(process.execPath, [worker, file, authority.origin, agentRuntimeId, privateKey, 'dead'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  try {
    await Promise.all(workers.map((process) => lineOf(process)))
    const answers = workers.map((process) => lineOf(process))
    for (const { stdin } of workers) stdin.write('go\n')
    for (const answer of await Promise.all(answers)) expect(JSON.parse(answer)).toEqual(Array(20).fill(200))
    expect(authority.count('task')).toBe(1)
    expect(JSON.parse(readFileSync(file, 'utf8')).task_id).toBe('task-1')
  } finally {
    for (const process of workers) process.kill()
    await authority.close()
    rmSync(folder, { recursive: true })
  }
})

async function lineOf(process: ChildProcess): Promise<string> {
  const [chunk] = await once(process.stdout as NodeJS.ReadableStream, 'data')
  return String(chunk)
}
