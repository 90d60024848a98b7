import { strict as assert } from 'node:assert'
import { type AccessToken, AuthError, bearerAuth, type SourceOptions } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { startService } from './start-service.js'

const service = await startService()
const foreign = await startService()
const models = `${service.origin}/v1/models`

/** Gets a token. It is called when a request needs one, and not again until shortly before `expiresAt`. */
async function token({ signal }: SourceOptions): Promise<AccessToken> {
  const response = await globalThis.fetch(`${service.origin}/token`, { method: 'POST', signal })
  // An error of any other class than AuthError counts as transient. AuthError.build() would say that a retry is no
  // use.
  if (!response.ok) throw new Error(`The token endpoint answered ${response.status}`)
  const answer = (await response.json()) as { access_token: string; expires_in: number }
  return {
    token: answer.access_token,
    expiresAt: new Date(service.now().getTime() + answer.expires_in * 1000),
  }
}

const auth: AuthProvider = bearerAuth({ token, now: service.now }) // without `now`, by the clock of this machine
const fetch = authFetch(auth, { allowedOrigins: [service.origin] })

const answers = await Promise.all([fetch(models), fetch(models), fetch(models)])
const statuses = answers.map(({ status }) => status)
assert.deepEqual([statuses, service.seen.issued], [[200, 200, 200], 1])
console.log(`Three requests at once: ${statuses.join(', ')}, with one token`)

service.passHour()
const later = await fetch(models)
assert.deepEqual([later.status, service.seen], [200, { issued: 2, accepted: 4, refused: 0 }])
console.log(`An hour later: ${later.status}, with the next token; nothing was refused`)

service.revokeToken()
const recovered = await fetch(models)
assert.deepEqual([recovered.status, service.seen], [200, { issued: 3, accepted: 5, refused: 1 }])
console.log(
  `After the service revoked the token: ${recovered.status}, sent again after a 401 with a new token`,
)

const astray: unknown = await fetch(`${foreign.origin}/v1/models`).catch((error: unknown) => error)
assert(AuthError.is(astray))
assert.deepEqual([astray.code, astray.retryable], ['ERR_AUTH_ORIGIN', false])
assert.deepEqual(foreign.seen, { issued: 0, accepted: 0, refused: 0 })
console.log(`To an origin that was not named: ${astray.code}, nothing was sent, ${advice(astray)}`)

service.passHour()
service.isTokenEndpointDown = true
const outage: unknown = await fetch(models).catch((error: unknown) => error)
assert(AuthError.is(outage))
assert.deepEqual([outage.code, outage.retryable, service.seen.refused], ['ERR_AUTH_SOURCE', true, 1])
console.log(`Without a token endpoint: ${outage.code}, nothing was sent, ${advice(outage)}`)

service.isTokenEndpointDown = false
const retried = await fetch(models)
assert.equal(retried.status, 200)
console.log(`When it is back: ${retried.status}`)

service.close()
foreign.close()

function advice({ retryable }: AuthError): string {
  return retryable ? 'a retry makes sense' : 'a retry is no use'
}
