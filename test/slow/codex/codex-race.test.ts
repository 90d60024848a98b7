import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { chatgptDocument, jwt } from '../../../packages/codex/test/config/codex-home.js'
import { bundleCommand } from './bundle-command.js'
import { runChild } from './run-child.js'

const processes = 8
const requestsEach = 200
/** A token is refused after so many requests. */
const requestsPerToken = 250

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-race-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An API, and its token server, which rotates refresh tokens and revokes all of them when an old one is shown. */
function createAuthority(first: { access: string; refresh: string }) {
  const count = { refreshes: 0, reuses: 0, served: 0, refused: 0, tokens: 0 }
  let [access, refresh] = [first.access, first.refresh]
  let served = requestsPerToken // The first one has ended already.
  let isRevoked = false
  const server = createServer(async (request, response): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += chunk
    const answer = (status: number, json: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    }
    if (request.url === '/oauth/token') {
      const shown = JSON.parse(body).refresh_token
      // Time for others to come and do the same.
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (isRevoked || shown !== refresh) {
        isRevoked = true
        count.reuses += 1
        return answer(401, { error: { code: 'refresh_token_reused' } })
      }
      count.refreshes += 1
      access = jwt({ exp: 4102444800, n: count.refreshes })
      refresh = `refresh-${count.refreshes}`
      served = 0
      return answer(200, { access_token: access, refresh_token: refresh })
    }
    const isCurrent = request.headers.authorization === `Bearer ${access}` && served < requestsPerToken
    if (!isCurrent) {
      count.refused += 1
      return answer(401, { error: { message: 'the token has ended' } })
    }
    served += 1
    if (served === requestsPerToken) count.tokens += 1
    count.served += 1
    answer(200, { ok: true })
  })
  return { count, server }
}

it(`${processes} processes refresh once for each token that expires, and never show a used refresh token`, async () => {
  const home = join(folder, 'home')
  const document = chatgptDocument(new Date(), { refreshToken: 'refresh-0' })
  const { access_token: access, refresh_token: refresh } = document.tokens
  const { count, server } = createAuthority({ access, refresh })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  mkdirSync(home)
  writeFileSync(
    join(home, 'config.toml'),
    `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "${origin}/v1"\nrequires_openai_auth = true\n`,
  )
  writeFileSync(join(home, 'auth.json'), JSON.stringify({ ...document, kept: 'as it is' }), { mode: 0o600 })
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${origin}/oauth/token`,
  }
  const args = [
    'request',
    'POST',
    'responses',
    '--codex-home',
    home,
    '-d',
    '{}',
    '--repeat',
    String(requestsEach),
  ]
  const command = await bundleCommand(folder)
  const runs = Array.from({ length: processes }, () => runChild(process.execPath, [command, ...args], env))
  expect(await Promise.all(runs)).toEqual(Array.from({ length: processes }, () => '0'))
  server.close()
  console.log(JSON.stringify(count))
  expect(count.served).toBe(processes * requestsEach)
  expect(count.reuses).toBe(0)
  // The first token had ended before the first request; the last one may have ended with the last request.
  const ended = Math.ceil((processes * requestsEach) / requestsPerToken)
  expect(count.refreshes).toBe(ended)
  const after = JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))
  expect(after).toMatchObject({
    kept: 'as it is',
    tokens: { refresh_token: `refresh-${ended}`, account_id: 'acct-1' },
  })
  expect(statSync(join(home, 'auth.json')).mode & 0o777).toBe(0o600)
}, 80_000)
