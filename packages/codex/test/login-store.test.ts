import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientLocks } from '../src/client-locks.js'
import { loginStore } from '../src/login-store.js'
import { agentStore } from '../src/stored-agent.js'
import { agentRecord, chatgptDocument, codexHomeWith } from './codex-home.js'

const hasFlock = ['/usr/bin/flock', '/bin/flock'].some((path) => existsSync(path))

/** Holds a lock as Codex does, until it is told to let go. */
async function holding(path: string): Promise<() => Promise<void>> {
  const child = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  child.stdin.write('\n')
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return () =>
    new Promise((resolve) => {
      child.on('close', () => resolve())
      child.stdin.end()
    })
}

/** A store that has locks which a test gives out. */
function createStore(document: object = { OPENAI_API_KEY: 'sk-1' }) {
  const home = codexHomeWith({ 'auth.json': document })
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
    const { store, write, read, onTake } = createStore({ OPENAI_API_KEY: 'sk-1' })
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

  it('registers no second agent for what Codex writes meanwhile', async () => {
    const document = chatgptDocument(new Date())
    const { store, write, read, onTake } = createStore(document)
    let registrations = 0
    const refreshed = { ...document, tokens: { ...document.tokens, refresh_token: 'refresh-2' } }
    onTake(async () => write(refreshed))
    await agentStore(store).update(async () => {
      registrations += 1
      return agentRecord({ agent_runtime_id: `agent-${registrations}` }) as never
    })
    expect(registrations).toBe(1)
    expect(read()).toMatchObject({
      tokens: { refresh_token: 'refresh-2' },
      agent_identity: { agent_runtime_id: 'agent-1' },
    })
  })
})

describe.skipIf(!hasFlock)('clientLocks(), with flock(1),', () => {
  it.each(['auth.lock', 'auth.json.lock'])('waits until Codex has let go of %s', async (name) => {
    const home = codexHomeWith({ 'auth.json': { OPENAI_API_KEY: 'sk-1' } })
    const letGo = await holding(join(home, name))
    const path = join(home, 'auth.json')
    const store = loginStore(path, undefined)
    const read = () => JSON.parse(readFileSync(path, 'utf8')).OPENAI_API_KEY
    const updating = store.update((current) => ({ ...current, OPENAI_API_KEY: 'sk-2' }))
    await expect.poll(() => existsSync(join(home, 'auth.lock'))).toBe(true)
    expect(read()).toBe('sk-1')
    await letGo()
    await updating
    expect(read()).toBe('sk-2')
  })

  it('excludes whoever takes the same lock, until it is released', async () => {
    const home = codexHomeWith()
    const release = await clientLocks(home).take()
    let isHeld = false
    const other = holding(join(home, 'auth.lock')).then((letGo) => {
      isHeld = true
      return letGo
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isHeld).toBe(false)
    release()
    await (await other)()
  })
})

it('clientLocks() does without a program that is not there, or fails', async () => {
  for (const program of ['no-such-flock', '/bin/false', '/usr/bin/false']) {
    const locks = clientLocks(codexHomeWith(), program)
    for (let round = 0; round < 2; round++) (await locks.take())()
  }
})

it.skipIf(hasFlock)('flock(1) is absent, so the locks of Codex were not taken', () => {})
