// For comparison: two stores as programs write them around a lock of Redis. Both read again under the lock, and both
// keep the document as JSON in a key beside it.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
// @ts-expect-error: the package has no types
import Redlock from 'redlock'

/** @typedef {import('@outbound-auth/core').DocumentStore<any>} Store */

/** @param {import('./open-record.mjs').Place} place @param {string} kind @param {number} lockMs @returns {Store} */
export function openRival({ port, key }, kind, lockMs) {
  const client = new Redis({ host: '127.0.0.1', port })
  client.on('error', () => {})
  const read = async () => JSON.parse((await client.get(key)) ?? 'null') ?? undefined
  const lock = kind === 'redlock' ? redlock(client, key, lockMs) : naiveLock(client, key, lockMs)
  return {
    read,
    async update(change) {
      const release = await lock()
      try {
        const next = await change(await read())
        if (next === undefined) return read()
        await client.set(key, JSON.stringify(next))
        return next
      } finally {
        await release()
      }
    },
  }
}

/**
 * Redlock with the options of its README, but more patience.
 *
 * @param {Redis} client @param {string} key @param {number} lockMs
 */
function redlock(client, key, lockMs) {
  const locks = new Redlock([client], { retryCount: 100, retryDelay: 200, retryJitter: 200 })
  return async () => {
    const held = await locks.lock(`${key}:lock`, lockMs)
    return () => held.unlock().catch(() => {})
  }
}

/**
 * `SET NX PX`, and a release that looks whose lock it is.
 *
 * @param {Redis} client @param {string} key @param {number} lockMs
 */
function naiveLock(client, key, lockMs) {
  return async () => {
    const name = randomUUID()
    for (let attempt = 0; attempt < 300; attempt++) {
      if ((await client.set(`${key}:lock`, name, 'PX', lockMs, 'NX')) === 'OK') {
        return async () => {
          if ((await client.get(`${key}:lock`)) === name) await client.del(`${key}:lock`)
        }
      }
      await pause(100)
    }
    throw new Error('the lock is busy')
  }
}
