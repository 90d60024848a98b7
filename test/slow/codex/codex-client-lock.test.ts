import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chatgptDocument, jwt } from '../../../packages/codex/test/config/codex-home.js'
import { createClientLab } from './codex-client-lab.js'

// Started by `pnpm test:codex-client`, which puts the real client into PATH.
/** How long the server takes: both programs ask within this time in most rounds. */
const answerMs = 400
const rounds = Number(process.env['LOCK_ROUNDS'] ?? 6)
/**
 * Both programs at once on a login whose token has ended.
 *
 * @param headStartMs how much sooner the real client is started: it needs longer to its first request
 */
async function race(
  folder: string,
  withLock: boolean,
  headStartMs: number,
): Promise<{ reuses: number; refreshes: number }> {
  const document = chatgptDocument(new Date(), { refreshToken: 'refresh-0', secondsLeft: -60 })
  let refresh = document.tokens.refresh_token
  const count = { reuses: 0, refreshes: 0 }
  const config = `chatgpt_base_url = "ORIGIN/backend-api/"
model = "mock-model"
model_provider = "lab"
[model_providers.lab]
name = "Lab"
base_url = "ORIGIN/v1"
requires_openai_auth = true
`
  const tokens = new Set<string>()
  const lab = await createClientLab(folder, config, async ({ method, url, headers, body }) => {
    if (url === '/oauth/token') {
      const isReused = JSON.parse(body).refresh_token !== refresh
      const access = jwt({ exp: 4102444800, n: count.refreshes + 1 })
      if (isReused) count.reuses += 1
      else {
        count.refreshes += 1
        refresh = `refresh-${count.refreshes}`
        tokens.add(`Bearer ${access}`)
      }
      await new Promise((resolve) => setTimeout(resolve, answerMs))
      if (isReused) {
        return { status: 401, json: { error: { code: 'refresh_token_reused' } } }
      }
      const id = document.tokens.id_token
      const json = { access_token: access, refresh_token: refresh, id_token: id }
      return { status: 200, json }
    }
    if (method !== 'POST' || !url.endsWith('/responses')) return { status: 200, json: { models: [] } }
    if (tokens.has(headers.authorization ?? '')) return 'turn'
    return { status: 401, json: { error: { message: 'the token has ended' } } }
  })
  try {
    writeFileSync(join(lab.home, 'auth.json'), JSON.stringify(document), { mode: 0o600 })
    const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${lab.origin}/oauth/token` }
    const theirs = lab.theirs({ env })
    await new Promise((resolve) => setTimeout(resolve, headStartMs))
    // Without flock(1) in its PATH our command takes no lock of the client.
    const ours = lab.ours({ env: { ...env, ...(!withLock && { PATH: '/nowhere' }) } })
    const results = await Promise.all([ours, theirs])
    expect(results.map((result) => result.split(' ')[0])).toEqual(['0', '0'])
    expect(lab.readAuth()['tokens']).toMatchObject({ refresh_token: refresh })
  } finally {
    lab.close()
  }
  return count
}

it('both programs end well when they refresh one token at once, with the locks of Codex and without', async () => {
  const used = { with: 0, without: 0 }
  for (let round = 0; round < rounds; round++) {
    for (const which of ['with', 'without'] as const) {
      const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-lock-'))
      try {
        const headStartMs = ((round * 7) % 8) * 50
        const { reuses, refreshes } = await race(folder, which === 'with', headStartMs)
        if (reuses > 0) used[which] += 1
        expect(refreshes).toBe(1)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
  console.log(`rounds in which the token was used twice: ${JSON.stringify({ ...used, rounds })}`)
}, 1_200_000)
