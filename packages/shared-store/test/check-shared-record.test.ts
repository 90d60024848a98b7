import { describe, expect, it } from 'vitest'
import type { SharedRecord } from '../src/index.js'
import { checkSharedRecord } from '../src/testing.js'
import { memoryEngine } from './memory-record.js'

const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

describe('a record in memory', () => {
  for (const { name, run } of checkSharedRecord({ create: () => memoryEngine().client() })) it(name, run)
})

/** Sound, but for one change. */
function broken(change: (record: SharedRecord) => Partial<SharedRecord>): () => SharedRecord {
  return () => {
    const record = memoryEngine().client()
    return { ...record, ...change(record) }
  }
}

const textChanging = (change: (text: string) => string) =>
  broken((record) => ({
    async get() {
      const found = await record.get()
      return found && { ...found, text: change(found.text) }
    },
  }))

const brokenRecords: Readonly<Record<string, [string, () => SharedRecord]>> = {
  'has a record before one was written': [
    'reads undefined',
    broken((record) => {
      let isFirst = true
      return {
        async get() {
          const found = (await record.get()) ?? (isFirst ? { text: 'oa1:', version: '0' } : undefined)
          isFirst = false
          return found
        },
        put: (text, version) => record.put(text, version === '0' ? undefined : version),
      }
    }),
  ],
  'gives another version than put()': [
    'reads what was written',
    broken((record) => ({
      async get() {
        const found = await record.get()
        return found && { ...found, version: `found ${found.version}` }
      },
      put: (text, version) => record.put(text, version?.replace(/^found /, '')),
    })),
  ],
  'looks first, and writes later when there is no record': [
    'lets one of 20 first writes win',
    broken((record) => ({
      async put(text, version) {
        if (version !== undefined) return record.put(text, version)
        if (await record.get()) return undefined
        await pause()
        return record.put(text, (await record.get())?.version)
      },
    })),
  ],
  'compares first, and writes later': [
    'lets one of 20 writes',
    broken((record) => ({
      async put(text, version) {
        if (version === undefined) return record.put(text, version)
        if ((await record.get())?.version !== version) return undefined
        await pause()
        return record.put(text, (await record.get())?.version)
      },
    })),
  ],
  'takes any version': [
    'lets one of 20 writes',
    broken((record) => ({
      put: async (text, version) => record.put(text, version && (await record.get())?.version),
    })),
  ],
  'counts versions to two': [
    'gives a new version',
    () => {
      const record = memoryEngine().client()
      let count = 0
      const versionOf = () => String(count % 3)
      return {
        ...record,
        async get() {
          const found = await record.get()
          return found && { ...found, version: versionOf() }
        },
        async put(text, version) {
          const found = await record.get()
          if (version !== undefined && version !== versionOf()) return undefined
          if ((await record.put(text, version && found?.version)) === undefined) return undefined
          count += 1
          return versionOf()
        },
      }
    },
  ],
  'cuts a long text': ['keeps 64 kB', textChanging((text) => text.slice(0, 65_000))],
  'writes Latin-1': ['keeps 64 kB', textChanging((text) => text.replace(/[^\0-\xff]/g, '?'))],
  'reads JSON': ['keeps texts that look like', textChanging((text) => text.replace(/": /g, '":'))],
  'reads numbers': ['keeps texts that look like', textChanging((text) => text.replace(/^1e3$/, '1000'))],
}

describe('checkSharedRecord() notices a record that', () => {
  for (const [what, [start, create]] of Object.entries(brokenRecords)) {
    it.concurrent(what, async () => {
      const failed: string[] = []
      for (const { name, run } of checkSharedRecord({ create })) {
        await run().catch(({ name: kind, message }) => {
          expect(kind).toBe('CheckFailure')
          expect(message).toMatch(/^Expected .+, but .+\. .+\.$/)
          failed.push(name)
        })
      }
      expect(failed.map((name) => (name.startsWith(start) ? start : name))).toEqual([start])
    })
  }
})

it('checkSharedRecord() has, for each check, a broken record that fails this check alone', () => {
  const starts = Object.values(brokenRecords).map(([start]) => start)
  const unproven = checkSharedRecord({ create: () => memoryEngine().client() }).filter(
    ({ name }) => !starts.some((start) => name.startsWith(start)),
  )
  expect(unproven.map(({ name }) => name)).toEqual([])
})

it('checkSharedRecord() fails a record whose first write is refused', async () => {
  const create = broken(() => ({ put: async () => undefined }))
  const [, second, third, fourth, fifth] = checkSharedRecord({ create })
  for (const check of [second, third, fourth, fifth]) await expect(check?.run()).rejects.toThrow(/^Expected /)
})

it('checkSharedRecord() rejects options that it does not know', () => {
  const options = { create: () => memoryEngine().client(), reopen: () => {} }
  expect(() => checkSharedRecord(options)).toThrow(TypeError)
})
