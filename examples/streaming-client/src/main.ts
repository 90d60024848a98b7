import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { AuthError, bearerAuth } from '@outbound-auth/bearer'
import { bindAuth, TransportError } from '@outbound-auth/core'
import { createClient } from './create-client.js'
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
  // What a resolver returns is such a binding as well.
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

/** What a call fails with, and the answers that came before. */
async function failure(call: () => Promise<unknown>): Promise<[error: TransportError, answers: number[]]> {
  statuses.length = 0
  const error: unknown = await call().catch((thrown: unknown) => thrown)
  assert(TransportError.is(error))
  return [error, [...statuses]]
}
const withToken = (token: () => string) => () =>
  createClient({ auth: bearerAuth({ token }), baseUrl }).complete(question)

const [unknown] = await failure(() => client.complete({ model: 'unknown', messages }))
assert.deepEqual([unknown.status, unknown.retryable], [400, false])
console.log(`A bad request says why: ${unknown.message}`)

const [broken] = await failure(async () => {
  for await (const _ of client.stream({ model: 'broken', messages }));
})
assert.equal(broken.kind, 'http')
console.log(`An error within a stream arrives: ${broken.message}`)

const [lost, sends] = await failure(() => client.complete({ model: 'lost', messages }))
assert.deepEqual([lost.kind, lost.retryable, sends.length], ['network', false, 1])
console.log(`A request that the server may have read was not sent again: ${lost.message}`)

const [wrong, answers] = await failure(withToken(() => 'secret-9'))
assert.deepEqual([wrong.kind, wrong.retryable, answers], ['http', false, [401]])
console.log(`A wrong token was not tried again: ${wrong.message}`)

const [loggedOut, none] = await failure(
  withToken(() => {
    throw AuthError.build('Not logged in: run `my-agent login`', { code: 'ERR_AUTH_LOGIN' })
  }),
)
assert.deepEqual([loggedOut.kind, loggedOut.retryable, none], ['build', false, []])
console.log(`Without a login nothing was sent: ${loggedOut.message}`)

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
