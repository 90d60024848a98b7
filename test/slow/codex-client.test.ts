import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { chatgptDocument, jwt } from '../../packages/codex/test/codex-home.js'
import { bundleCommand } from './bundle-command.js'
import { runChild } from './run-child.js'

// Started by `pnpm test:codex-client`, which puts the real client into PATH.
const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-client-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const events = [
  { type: 'response.created', response: { id: 'r' } },
  {
    type: 'response.output_item.done',
    item: { type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'ok' }] },
  },
  {
    type: 'response.completed',
    response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
  },
]
const stream = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

it('a Codex home is shared with the real client: both keep working after each has refreshed', async () => {
  const home = join(folder, 'home')
  mkdirSync(home)
  const document = chatgptDocument(new Date(), { refreshToken: 'refresh-0' })
  let [access, refresh] = [document.tokens.access_token, document.tokens.refresh_token]
  const log: string[] = []
  let reuses = 0
  let refreshes = 0
  const server = createServer(async (request, response): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += chunk
    const answer = (status: number, json: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    }
    if (request.url === '/oauth/token') {
      if (JSON.parse(body).refresh_token !== refresh) {
        reuses += 1
        return answer(401, { error: { code: 'refresh_token_reused' } })
      }
      refreshes += 1
      access = jwt({ exp: 4102444800, n: refreshes })
      refresh = `refresh-${refreshes}`
      log.push('refresh')
      return answer(200, { access_token: access, refresh_token: refresh, id_token: document.tokens.id_token })
    }
    if (!request.url?.endsWith('/responses') || request.method !== 'POST')
      return answer(200, { models: [], data: [] })
    const isCurrent = request.headers.authorization === `Bearer ${access}`
    log.push(isCurrent ? 'served' : 'refused')
    if (!isCurrent) return answer(401, { error: { message: 'the token has ended' } })
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = `chatgpt_base_url = "${origin}/backend-api/"
model = "mock-model"
model_provider = "lab"
[model_providers.lab]
name = "Lab"
base_url = "${origin}/v1"
requires_openai_auth = true
`
  writeFileSync(join(home, 'config.toml'), config)
  writeFileSync(join(home, 'auth.json'), JSON.stringify(document), { mode: 0o600 })
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    CODEX_HOME: home,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${origin}/oauth/token`,
  }
  const command = await bundleCommand(folder)
  const ours = () =>
    runChild(
      process.execPath,
      [command, 'request', 'POST', 'responses', '--codex-home', home, '-d', '{}'],
      env,
    )
  const theirs = async () => {
    const result = await runChild(
      'codex',
      ['exec', '--skip-git-repo-check', '--ephemeral', 'say ok'],
      env,
      folder,
    )
    return result.split(' ')[0]
  }
  /** The server ends the token, so whoever comes next has to refresh. */
  const endToken = () => {
    access = 'ended'
  }
  const stepsOf = async (run: () => Promise<string | undefined>) => {
    log.length = 0
    expect(await run()).toBe('0')
    return log.join(' ')
  }
  expect(await stepsOf(ours)).toBe('served')
  expect(await stepsOf(theirs)).toBe('served')
  endToken()
  expect(await stepsOf(ours)).toBe('refused refresh served')
  expect(await stepsOf(theirs)).toBe('served')
  endToken()
  // The real client sends the refused token once more.
  expect(await stepsOf(theirs)).toBe('refused refused refresh served')
  expect(await stepsOf(ours)).toBe('served')
  endToken()
  expect(await stepsOf(ours)).toBe('refused refresh served')
  expect(await stepsOf(theirs)).toBe('served')
  server.close()
  server.closeAllConnections()
  expect([reuses, refreshes]).toEqual([0, 3])
  expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8')).tokens.refresh_token).toBe('refresh-3')
  expect(statSync(join(home, 'auth.json')).mode & 0o777).toBe(0o600)
}, 80_000)
