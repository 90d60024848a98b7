// Uses a store on a file that is mounted on its own, and prints what came of it as one line of JSON.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { built } from './built.mjs'

const { fileStore } = await built('file-store')
const [action = '', path = ''] = process.argv.slice(2)
const store = fileStore({ path, lockTimeoutMs: 3000 })

/** @type {Record<string, () => Promise<any>>} */
const actions = {
  /** Changes the document twice. */
  async change() {
    const before = statSync(path).ino
    const first = await store.update(() => ({ text: 'first' }))
    const second = await store.update(() => ({ text: 'second', long: 'x'.repeat(20_000) }))
    const third = await store.update(() => ({ text: 'third' }))
    const { ino, mode } = statSync(path)
    const left = readdirSync(`${path}.locks`).filter((name) => !/^\d+\.released$/.test(name))
    return {
      first,
      second: second.text,
      third,
      isSame: ino === before,
      mode: mode & 0o777,
      left,
      raw: readFileSync(path, 'utf8'),
    }
  },
  /** Reads what a killed writer has left, and lets the next change repair it. */
  async repair() {
    const raw = readFileSync(path, 'utf8')
    const read = await store.read()
    const isUnchanged = readFileSync(path, 'utf8') === raw
    const startedAtMs = performance.now()
    const repaired = await store.update(() => undefined)
    const tookMs = performance.now() - startedAtMs
    const isWhole = JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))) === JSON.stringify(repaired)
    await store.update(() => ({ text: 'next' }))
    const left = readdirSync(`${path}.locks`).filter((name) => !/^\d+(\.released)?$/.test(name))
    return { read, repaired, isUnchanged, isWhole, tookMs, left, last: await store.read() }
  },
  /** Tries a change that must be refused before it is called. */
  async refuse() {
    let wasCalled = false
    const change = () => {
      wasCalled = true
      return { text: 'new' }
    }
    const error = await store.update(change).catch((/** @type {any} */ thrown) => thrown)
    return { wasCalled, message: error.message, kind: error.kind, raw: readFileSync(path, 'utf8') }
  },
}

process.stdout.write(`${JSON.stringify(await actions[action]?.())}\n`)
