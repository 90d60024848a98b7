import { strict as assert } from 'node:assert'
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { type Order, runAgent } from './agent.js'
import { openFleetStore } from './fleet-store.js'
import { startRedis } from './start-redis.js'
import { startService } from './start-service.js'

const hourMs = 3_600_000
const agentCount = 4

const [, , origin] = process.argv
if (origin === undefined) await runFleet()
else await runAgent(origin)

/** Starts everything, and lets the agents work for some rounds. */
async function runFleet(): Promise<void> {
  const service = await startService()
  const redis = await startRedis()
  process.env['REDIS_URL'] = redis.url
  process.env['OA_KEY'] = randomBytes(32).toString('base64')
  const { store, close } = await openFleetStore()
  const agents: ChildProcess[] = []
  try {
    await store.update(() => service.login)
    const file = fileURLToPath(import.meta.url)
    for (let index = 0; index < agentCount; index++) agents.push(fork(file, [service.origin]))
    await Promise.all(agents.map(nextMessage))
    const lines = [`${agentCount} agents share one login, in ${redis.label}`]
    for (let hours = 0; hours <= 5; hours++) {
      await expectRound(agents, { laterMs: hours * hourMs, requests: 5 })
      assert.deepEqual(service.counts(), { refreshes: hours, reuses: 0 })
      lines.push(
        `Hour ${hours}: 20 requests, 20 responses with 200; refreshes so far: ${hours}, spent tokens: 0`,
      )
    }
    service.revoke()
    await expectRound(agents, { laterMs: 5 * hourMs, requests: 5 })
    assert.deepEqual(service.counts(), { refreshes: 6, reuses: 0 })
    lines.push('After a revocation: 20 responses with 200; refreshes so far: 6, spent tokens: 0')
    console.log(lines.join('\n'))
  } finally {
    for (const agent of agents) if (agent.connected) agent.disconnect()
    close()
    service.close()
    await redis.close()
  }
}

/** All agents send their requests at the same time, and each response has the status 200. */
async function expectRound(agents: readonly ChildProcess[], order: Order): Promise<void> {
  const replies = agents.map(nextMessage)
  for (const agent of agents) agent.send(order)
  const statuses = (await Promise.all(replies)).flat()
  assert.deepEqual(statuses, Array(agents.length * order.requests).fill(200))
}

/** The next message of an agent. */
function nextMessage(agent: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    agent.once('message', resolve)
    agent.once('exit', (code) => reject(new Error(`An agent ended with ${code}`)))
  })
}
