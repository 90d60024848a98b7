import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { bindAuth } from '@outbound-auth/core'
import { createClient } from './create-client.js'
import { showFailures } from './show-failures.js'
import { startModelServer } from './start-model-server.js'

const server = await startModelServer()
const { baseUrl, statuses } = server
const messages = [{ role: 'user' as const, content: 'Say hello' }]
const question = { model: 'small', messages }
const endless = { model: 'endless', messages }

// The same client with three credentials. It cannot tell them apart.
const auths = {
  'bearer token': bearerAuth({ token: async () => 'secret-1', refreshIntervalMs: 60_000 }),
  'API key': apiKeyAuth({ key: 'secret-2', header: 'x-api-key' }),
  // A resolver returns such a binding as well.
  'key of a team': bindAuth(apiKeyAuth({ key: 'secret-3', header: 'x-api-key' }), {
    baseUrl,
    headers: { 'x-team': 'blue' },
  }),
}
for (const [name, auth] of Object.entries(auths)) {
  const client = createClient({ auth, baseUrl })
  const whole = await client.complete(question)
  const pieces: string[] = []
  for await (const piece of client.stream(question)) pieces.push(piece)
  assert.equal(pieces.join(''), whole)
  console.log(`With the ${name}: "${whole}", and streamed in ${pieces.length} pieces`)
}

const client = createClient({ auth: auths['bearer token'], baseUrl })

const left = once(server.events, 'hung-up', { signal: AbortSignal.timeout(10_000) })
for await (const piece of client.stream(endless)) if (piece === ' model') break
await left
console.log('Leaving the loop ended the stream at the server too')

const abort = new AbortController()
const reason = new Error('the user pressed stop')
const hungUp = once(server.events, 'hung-up', { signal: AbortSignal.timeout(10_000) })
const aborted = async () => {
  for await (const piece of client.stream(endless, { signal: abort.signal }))
    if (piece === ' model') abort.abort(reason)
}
await assert.rejects(aborted, (error) => error === reason)
await hungUp
console.log(`An abort rejected with its own reason: ${reason.message}`)

statuses.length = 0
server.busy = 2
await client.complete(question)
assert.deepEqual(statuses, [503, 503, 200])
console.log(`A busy server was asked until it answered: ${statuses.join(', ')}`)

await showFailures(server)

const vault = ['starting', 'starting', 'secret-1']
const fromVault = () => {
  const answer = vault.shift()
  if (answer === 'starting') throw new Error('The vault is starting')
  return answer ?? ''
}
await createClient({ auth: bearerAuth({ token: fromVault }), baseUrl }).complete(question)
assert.equal(vault.length, 0)
console.log('A vault that was starting was asked until it gave a token')
server.close()
