// Writes once, and kills itself before the file system call with the given number, or in the middle of it.
import * as nodeFs from 'node:fs/promises'
import { built } from './built.mjs'

const [path = '', fatal = ''] = process.argv.slice(2)
let calls = 0
const die = () => process.kill(process.pid, 'SIGKILL')

/** @param {any} target @returns {any} */
function counted(target) {
  return new Proxy(target, {
    get(_, name) {
      const call = target[name]
      if (typeof call !== 'function') return call
      return async (/** @type {any[]} */ ...args) => {
        const isFatal = String(calls++) === fatal
        // Half of the text reaches the file.
        if (isFatal && name === 'writeFile') await target.write(args[0].slice(0, args[0].length / 2))
        if (isFatal) die()
        const result = await call.apply(target, args)
        return name === 'open' ? counted(result) : result
      }
    },
  })
}

const { fileStore } = await built('file-store')
let before = 0
await fileStore({ path, fs: counted(nodeFs) }).update(() => {
  before = calls
  return { text: 'new'.repeat(1000) }
})
if (process.argv[4] === 'print') console.log(`${calls} ${before}`)
process.send?.(calls)
process.disconnect?.()
