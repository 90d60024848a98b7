// Tries one contender: every hostile response once, a storm of calls, calls in a row, and a secret that Basic must
// encode.
import { inspect } from 'node:util'
import { contenders } from './contenders.mjs'

const [name = '', origin = '', indices = '', api = ''] = process.argv.slice(2)
/** @type {readonly { name: string, isGood: boolean }[]} */
const answers = JSON.parse(process.env['HOSTILE_ANSWERS'] ?? '[]')
const waitMs = Number(process.env['LIMIT_MS'] ?? 2000) + 3000
const mostBytes = 120 * 1024 * 1024
const contender = contenders.find((each) => each.name === name)
if (!contender) throw new Error(`There is no contender ${name}`)
// A library's own complaint about something that it started and lost.
process.on('unhandledRejection', () => {})
const open = await contender.open()

/** @param {string} endpoint */
async function attempt(endpoint) {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ hangs: true }), waitMs)
  })
  const outcome = open({ endpoint, api })
    .token()
    .then(
      (token) => ({ token }),
      (error) => ({ shown: inspect(error, { showHidden: true, depth: 9 }) }),
    )
  const found = await Promise.race([outcome, late])
  clearTimeout(timer)
  clearInterval(watch)
  return { .../** @type {any} */ (found), grownBytes: Math.max(peak, process.memoryUsage.rss()) - before }
}

/** @type {Record<string, string[]>} */
const faults = { hangs: [], memory: [], accepted: [], rejected: [], leaks: [] }
for (const index of indices.split(',').map(Number)) {
  const { name: answer = '', isGood = false } = answers[index] ?? {}
  const { token, shown = '', hangs, grownBytes } = await attempt(`${origin}/${index}`)
  const isSendable = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)
  if (hangs) faults['hangs']?.push(answer)
  else if (grownBytes > mostBytes) faults['memory']?.push(answer)
  else if (!isGood && token !== undefined) faults['accepted']?.push(answer)
  else if (isGood && !isSendable) faults['rejected']?.push(answer)
  else if (!isGood && shown.includes('planted-')) faults['leaks']?.push(answer)
}

const requests = async () => Number(await (await fetch(`${origin}/count`)).text())
let client = open({ endpoint: `${origin}/good`, api })
let before = await requests()
await Promise.allSettled(Array.from({ length: 50 }, () => client.token()))
const storm = (await requests()) - before
client = open({ endpoint: `${origin}/good`, api })
before = await requests()
for (let call = 0; call < 50; call++) await client.token().catch(() => {})
const inRow = (await requests()) - before
process.send?.({ faults, storm, inRow }, () => process.exit())
