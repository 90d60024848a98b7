import { describe, expect, it } from 'vitest'
import { expectPromise, isFull, lastOf, noteFigure, timesOf } from '../support/figures.js'
import { expectAllServed, isLoginAlive, type Member, type Outcome, startFleet } from '../support/fleet.js'
import { hasRedis, startRedis } from '../support/redis-engine.js'

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000))
const holderTimeoutMs = isFull ? 5000 : 2000
const count = isFull ? 8 : 4

describe.skipIf(!hasRedis)('a holder of the lock', () => {
  it('that is killed before it sends the refresh token is followed by another one', async () => {
    const { port } = await startRedis()
    const beforeMs = holderTimeoutMs / 2
    const fleet = await startFleet({ count, beforeMs, place: place(port), store: { holderTimeoutMs } })
    const { outcomes, rest } = await killHolder(fleet)
    expectAllServed(rest)
    const name = `kill -9 of the holder (holderTimeoutMs ${holderTimeoutMs}, refresh takes ${beforeMs} ms)`
    expectPromise({ name, rounds: 1, ...fleet.counts(), time: `${lastOf(rest)} until the last has a token` })
    expect(outcomes.length).toBe(count)
  })

  it('is killed with another process in each of many rounds', async () => {
    const rounds = isFull ? 15 : 2
    const { port } = await startRedis()
    const store = { holderTimeoutMs: 2000 }
    const fleet = await startFleet({ count, beforeMs: 500, place: place(port), store })
    const slowest: Outcome[] = []
    for (let round = 1; round <= rounds; round++) {
      const { rest } = await killHolder(fleet, 2)
      expectAllServed(rest)
      slowest.push(...rest)
      await fleet.add(2)
    }
    const name = `storm: ${rounds} rounds, 2 of ${count} killed in each, one of them the holder (holderTimeoutMs 2000)`
    expectPromise({ name, rounds, ...fleet.counts(), time: timesOf(slowest) })
  })

  it.runIf(isFull)('that stands still for less than holderTimeoutMs keeps the lock', async () => {
    const { port } = await startRedis()
    const fleet = await startFleet({
      count,
      afterMs: 300,
      place: place(port),
      store: { holderTimeoutMs: 6000 },
    })
    const done = fleet.round()
    const holder = await fleet.next('refreshed')
    holder.process.kill('SIGSTOP')
    await seconds(3)
    holder.process.kill('SIGCONT')
    const outcomes = await done
    expectAllServed(outcomes)
    const name = 'SIGSTOP of the holder for 3 s after it sent (holderTimeoutMs 6000)'
    expectPromise({ name, rounds: 1, ...fleet.counts(), time: lastOf(outcomes) })
  })

  it.runIf(isFull)(
    'that stands still for longer after it sent the refresh token costs the login',
    async () => {
      const { port } = await startRedis()
      const fleet = await startFleet({
        count,
        afterMs: 300,
        place: place(port),
        store: { holderTimeoutMs: 2000 },
      })
      const done = fleet.round()
      const holder = await fleet.next('refreshed')
      holder.process.kill('SIGSTOP')
      const next = await fleet.next('refreshing')
      expect(next).not.toBe(holder)
      await seconds(1)
      holder.process.kill('SIGCONT')
      await done
      const isAlive = await isLoginAlive(fleet)
      expect(isAlive).toBe(false)
      expect(fleet.counts().reuses).toBeGreaterThan(0)
      const name = 'SIGSTOP of the holder for longer than holderTimeoutMs after it sent'
      noteFigure({ table: 'not promised', name, rounds: 1, ...fleet.counts(), lost: 1, runs: 1, time: '–' })
    },
  )
})

/** One round in which the holder and other processes are killed, before the refresh token is sent. */
async function killHolder(fleet: Awaited<ReturnType<typeof startFleet>>, kills = 1) {
  fleet.server.invalidate()
  const first = fleet.next('refreshing')
  const sent = new Map<Member, Promise<Outcome>>()
  for (const member of fleet.members) sent.set(member, member.send())
  const outcomes = [...sent.values()]
  const holder = await first
  const victims = [holder, ...fleet.members.filter((member) => member !== holder)].slice(0, kills)
  for (const victim of victims) {
    sent.delete(victim)
    fleet.kill(victim)
  }
  return { outcomes, rest: await Promise.all(sent.values()) }
}

function place(port: number) {
  return { client: 'ioredis', port, key: 'oa:fleet' } as const
}
