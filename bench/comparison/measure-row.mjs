// Measures one library in one situation, in a process of its own, since some libraries cache for the whole process:
// `node measure-row.mjs ROW LIBRARY`. Prints what was counted.
import { bearerClients, keyClients } from './clients.mjs'
import { startLab } from './lab.mjs'

const [row = '', library = ''] = process.argv.slice(2)
const lab = await startLab()
const { state, foreign } = lab
const times = (/** @type {number} */ count, /** @type {() => Promise<unknown>} */ run) =>
  Promise.allSettled(Array.from({ length: count }, run))
const succeeded = (/** @type {PromiseSettledResult<unknown>[]} */ results) =>
  results.filter(({ status }) => status === 'fulfilled').length

const rows = {
  async together() {
    const send = await bearerClients[library](lab)
    const done = succeeded(await times(50, () => send()))
    return { calls: state.calls, of: 50, done }
  },
  async dead() {
    const send = await bearerClients[library](lab, true)
    await send()
    state.dead = `token-${state.count}`
    const before = state.calls
    const done = succeeded(await times(20, () => send()))
    return { renewals: state.calls - before, sent: done, of: 20 }
  },
  async outage() {
    state.livesMs = 60_000
    const send = await bearerClients[library](lab)
    await send()
    state.isDown = true
    return { sent: succeeded(await times(5, () => send())), of: 5 }
  },
  async redirect() {
    await keyClients[library](lab)
    const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token']
    const leaked = names.filter((name) => foreign.some((headers) => headers[name] !== undefined))
    return { requests: foreign.length, leaked }
  },
}
console.log(JSON.stringify(await rows[row]()))
lab.stop()
process.exit()
