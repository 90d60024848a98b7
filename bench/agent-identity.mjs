// Agent assertions against the bare primitive that any signer has to run, and against parsing the key for each request,
// as the client that defined them does.
import { createPrivateKey, sign } from 'node:crypto'
import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { measure, printTable } from './measure.mjs'

const privateKey = 'MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH'
const ids = { agentRuntimeId: 'agent-123', taskId: 'task-123', accountId: 'account-1' }
const der = Buffer.from(privateKey, 'base64')
const parse = () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
const key = parse()
const text = Buffer.from('agent-123:task-123:2026-04-23T00:00:00Z')
const map = createHeaderMap()
const request = { method: 'GET', url: 'https://api.example.com/v1', headers: map }

const fixed = new Date('2026-04-23T00:00:00Z')
const cached = agentIdentityAuth({ ...ids, privateKey, now: () => fixed })
const clocked = agentIdentityAuth({ ...ids, privateKey })
let nowMs = fixed.getTime()
const nextSecond = () => {
  nowMs += 1000
  return new Date(nowMs)
}
const fresh = agentIdentityAuth({ ...ids, privateKey, now: nextSecond })

const medians = await measure({
  'crypto.sign, parsed key': () => sign(null, text, key),
  'cached assertion': () => cached.addAuthHeaders(map),
  'cached, real clock': () => clocked.addAuthHeaders(map),
  'cached, applyAuth()': () => applyAuth(cached, request),
  'fresh assertion': () => fresh.addAuthHeaders(map),
  'key parsed each time': () => sign(null, text, parse()),
})
const bare = medians['crypto.sign, parsed key'] ?? Number.NaN
printTable([
  [`Node ${process.versions.node}`, 'us', 'of crypto.sign'],
  ...Object.entries(medians).map(([name, us]) => [name, us, (us / bare).toFixed(3)]),
])

const ratio = (/** @type {string} */ name) => (medians[name] ?? Number.NaN) / bare
const slower = (medians['key parsed each time'] ?? Number.NaN) / (medians['cached assertion'] ?? Number.NaN)
const goals = [
  ['cached assertion at most 0.05 of crypto.sign', ratio('cached assertion') <= 0.05],
  ['fresh assertion at most 1.25 of crypto.sign', ratio('fresh assertion') <= 1.25],
  [`at least 10 times faster than a key parsed each time (${slower.toFixed(0)})`, slower >= 10],
]
for (const [goal, isMet] of goals) console.log(`${isMet ? 'ok  ' : 'MISS'} ${goal}`)
if (goals.some(([, isMet]) => !isMet)) process.exit(1)
