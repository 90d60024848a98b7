import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { fileStore } from '../../../packages/file-store/src/index.js'
import { isFull, messageOf, readyWorker, startWorker, temporaryPath } from './worker.js'

interface Counted {
  readonly count: number
  readonly filler: string
  readonly end: number
}

it('processes that are killed at random moments lose no acknowledged write and leave no broken file', async () => {
  const kills = isFull ? 500 : 60
  const path = await temporaryPath()
  const store = fileStore<Counted>({ path })
  await store.update(() => ({ count: 1, filler: '1'.repeat(4000), end: 1 }))
  const readers = await Promise.all([1, 2].map(() => readyWorker('store-reader', path)))
  let acknowledged = 1
  let left = kills
  const write = async () => {
    while (left-- > 0) {
      const writer = await readyWorker('store-writer', path)
      const exited = once(writer, 'exit')
      writer.on('message', (count: number) => {
        acknowledged = Math.max(acknowledged, count)
      })
      // At least one write first, or a kill would hit a process that is still waiting for its turn.
      await messageOf(writer)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 30))
      writer.kill('SIGKILL')
      await exited
      const known = acknowledged
      const document = await store.read()
      expect(document?.count).toBeGreaterThanOrEqual(known)
      expect(document?.end).toBe(document?.count)
    }
  }
  await Promise.all([write(), write(), write()])
  const reports = readers.map((reader) => messageOf<{ reads: number; torn: number }>(reader))
  for (const reader of readers) reader.send('stop')
  const counted = await Promise.all(reports)
  expect(counted.map(({ torn }) => torn)).toEqual([0, 0])
  const last = await store.update((document) => document && { ...document, end: document.count })
  expect(last?.count).toBeGreaterThanOrEqual(acknowledged)
  expect((await readdir(dirname(path))).sort()).toEqual(['token.json', 'token.json.locks'])
  console.log(`${kills} kills, ${acknowledged} writes acknowledged, readers: ${JSON.stringify(counted)}`)
}, 300_000)

it('a process that is killed at any call leaves the old or the new document, and no other waits a second', async () => {
  const counted = await temporaryPath()
  await fileStore({ path: counted }).update(() => ({ text: 'old' }))
  const count = startWorker('killed-writer', counted)
  const calls = await messageOf<number>(count)
  expect(calls).toBeGreaterThan(20)
  const texts = { old: 0, new: 0 }
  let next = 0
  const killEach = async () => {
    while (next < calls) {
      const call = next++
      const path = await temporaryPath()
      await fileStore({ path }).update(() => ({ text: 'old' }))
      const writer = startWorker('killed-writer', path, String(call))
      const [, signal] = await once(writer, 'exit')
      expect(signal, `call ${call}`).toBe('SIGKILL')
      const { text } = JSON.parse(await readFile(path, 'utf8'))
      expect(['old', 'new'.repeat(1000)], `call ${call}`).toContain(text)
      texts[text === 'old' ? 'old' : 'new'] += 1
      expect((await stat(path)).mode & 0o777, `call ${call}`).toBe(0o600)
      const start = performance.now()
      expect(await fileStore({ path }).update(() => ({ text: 'next' }))).toEqual({ text: 'next' })
      expect(performance.now() - start, `call ${call}`).toBeLessThan(1000)
      expect((await readdir(dirname(path))).sort()).toEqual(['token.json', 'token.json.locks'])
    }
  }
  await Promise.all([killEach(), killEach()])
  expect(texts.old).toBeGreaterThan(0)
  expect(texts.new).toBeGreaterThan(0)
  console.log(`killed at each of ${calls} calls: ${JSON.stringify(texts)}`)
}, 60_000)

it('a process that was stopped while it held the lock drops its write when it is woken', async () => {
  const path = await temporaryPath()
  const store = fileStore({ path, holderTimeoutMs: 500 })
  const stopped = await readyWorker('stopped-writer', path)
  stopped.kill('SIGSTOP')
  const start = performance.now()
  await store.update((current) => ({ from: 'the other', sees: current ?? null }))
  expect(performance.now() - start).toBeGreaterThan(400)
  const outcome = messageOf(stopped)
  stopped.kill('SIGCONT')
  expect(await outcome).toBe('ERR_AUTH_STORE_LOCK_LOST')
  expect(await store.read()).toEqual({ from: 'the other', sees: null })
})
