import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loginStore } from '../../src/login/login-store.js'
import { codexHomeWith } from '../config/codex-home.js'

/** A store that has locks which a test gives out. */
function createStore() {
  const home = codexHomeWith({ 'auth.json': { OPENAI_API_KEY: 'sk-1' } })
  const path = join(home, 'auth.json')
  const log: string[] = []
  let onTake = async () => {}
  const locks = {
    async take() {
      await onTake()
      log.push(`taken over ${JSON.parse(readFileSync(path, 'utf8')).OPENAI_API_KEY}`)
      return () => void log.push(`released over ${JSON.parse(readFileSync(path, 'utf8')).OPENAI_API_KEY}`)
    },
  }
  const store = loginStore(path, undefined, locks)
  const write = (value: object) => writeFileSync(path, JSON.stringify(value))
  const read = () => JSON.parse(readFileSync(path, 'utf8'))
  const setOnTake = (run: () => Promise<void>) => {
    onTake = run
  }
  return { store, path, log, write, read, onTake: setOnTake }
}

describe('loginStore() takes the locks of Codex', () => {
  it('around its write, and not while a change runs', async () => {
    const { store, log } = createStore()
    await store.update(async (current) => {
      log.push('changing')
      return { ...current, OPENAI_API_KEY: 'sk-2' }
    })
    expect(log).toEqual(['changing', 'taken over sk-1', 'released over sk-2'])
  })

  it('not where nothing is written, and lets go when the change fails', async () => {
    const { store, log } = createStore()
    await store.update(async () => undefined)
    await expect(store.update(async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(log).toEqual([])
  })

  it('and makes the change anew when Codex has written meanwhile', async () => {
    const { store, write, read, onTake } = createStore()
    let tries = 0
    onTake(async () => {
      if (tries === 1) write({ OPENAI_API_KEY: 'sk-codex', more: 1 })
    })
    await store.update(async (current) => {
      tries += 1
      return { ...current, last_refresh: `after ${current?.OPENAI_API_KEY}` }
    })
    expect(read()).toEqual({ OPENAI_API_KEY: 'sk-codex', more: 1, last_refresh: 'after sk-codex' })
    expect(tries).toBe(2)
  })

  it('makes a change at most 4 times, however often Codex writes meanwhile', async () => {
    const { store, write, onTake } = createStore()
    let tries = 0
    onTake(async () => write({ OPENAI_API_KEY: `sk-codex-${tries}` }))
    await store.update(async (current) => {
      tries += 1
      return { ...current, last_refresh: 'now' }
    })
    expect(tries).toBe(4)
  })

  it('and takes what a change has read itself for what it knows', async () => {
    const { store, write, read } = createStore()
    let tries = 0
    await store.update(async () => {
      tries += 1
      if (tries === 1) write({ OPENAI_API_KEY: 'sk-codex' })
      const latest = await store.read()
      return { ...latest, last_refresh: 'now' }
    })
    expect([tries, read()]).toEqual([1, { OPENAI_API_KEY: 'sk-codex', last_refresh: 'now' }])
  })

  it('and writes in the end, however often Codex does', async () => {
    const { store, write, read, onTake } = createStore()
    let writes = 0
    onTake(async () => write({ OPENAI_API_KEY: `sk-codex-${++writes}` }))
    await store.update((current) => ({ ...current, last_refresh: 'now' }))
    expect(read().last_refresh).toBe('now')
  })
})
