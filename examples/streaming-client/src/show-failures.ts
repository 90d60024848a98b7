import { strict as assert } from 'node:assert'
import { AuthError, bearerAuth } from '@outbound-auth/bearer'
import { TransportError } from '@outbound-auth/core'
import { createClient } from './create-client.js'
import type { ModelServer } from './start-model-server.js'

/** Shows what the caller gets for each failure, and what is not sent again. */
export async function showFailures({ baseUrl, statuses }: ModelServer): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'Say hello' }]
  const withToken = (token: () => string) => () =>
    createClient({ auth: bearerAuth({ token }), baseUrl }).complete({ model: 'small', messages })

  const client = createClient({ auth: bearerAuth({ token: 'secret-1' }), baseUrl })

  const [unknown] = await failure(statuses, () => client.complete({ model: 'unknown', messages }))
  assert.deepEqual([unknown.status, unknown.retryable], [400, false])
  console.log(`A bad request says why: ${unknown.message}`)

  const [broken] = await failure(statuses, async () => {
    for await (const _ of client.stream({ model: 'broken', messages }));
  })
  assert.equal(broken.kind, 'http')
  console.log(`An error within a stream arrives: ${broken.message}`)

  const [lost, sends] = await failure(statuses, () => client.complete({ model: 'lost', messages }))
  assert.deepEqual([lost.kind, lost.retryable, sends.length], ['network', false, 1])
  console.log(`A request that the server may have read was not sent again: ${lost.message}`)

  const [wrong, answers] = await failure(
    statuses,
    withToken(() => 'secret-9'),
  )
  assert.deepEqual([wrong.kind, wrong.retryable, answers], ['http', false, [401]])
  console.log(`A wrong token was not tried again: ${wrong.message}`)

  const [loggedOut, none] = await failure(
    statuses,
    withToken(() => {
      throw AuthError.build('Not logged in: run `my-agent login`', { code: 'ERR_AUTH_LOGIN' })
    }),
  )
  assert.deepEqual([loggedOut.kind, loggedOut.retryable, none], ['build', false, []])
  console.log(`Without a login nothing was sent: ${loggedOut.message}`)
}

/** The error of a call, and the responses that came before. */
async function failure(
  statuses: number[],
  call: () => Promise<unknown>,
): Promise<[error: TransportError, answers: number[]]> {
  statuses.length = 0
  const error: unknown = await call().catch((thrown: unknown) => thrown)
  assert(TransportError.is(error))
  return [error, [...statuses]]
}
