import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createClientLab } from './codex-client-lab.js'

// Started by `pnpm test:codex-client`, which puts the real client into PATH.

const hasCodex = (() => {
  try {
    execFileSync('codex', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const secret = 'planted-token'

it.skipIf(!hasCodex)(
  'the real client takes `outbound-auth token --format codex` as auth.command (skipped where codex is not installed)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outbound auth token-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const printed = JSON.stringify({ token: secret, expiresAt: '2099-01-01T00:00:00Z' })
    const script = `fs.appendFileSync("runs", "x"); console.log(${JSON.stringify(printed)})`
    const command = JSON.stringify([process.execPath, '-e', script])
    writeFileSync(
      join(folder, 'ours.toml'),
      `[providers.x]\nkind = "bearer"\ntoken = { command = ${command} }\nbase_url = "https://api.example.com"\n`,
    )
    const words = ['outbound-auth.mjs', 'token', '--config', 'ours.toml', '--format', 'codex']
    const args = words.map((word) => (/\.(mjs|toml)$/.test(word) ? join(folder, word) : word))
    const sent: (string | undefined)[] = []
    const lab = await createClientLab(
      folder,
      [
        'model = "mock-model"',
        'model_provider = "lab"',
        '[model_providers.lab]',
        'name = "Lab"',
        'base_url = "ORIGIN/v1"',
        '[model_providers.lab.auth]',
        `command = ${JSON.stringify(process.execPath)}`,
        `args = ${JSON.stringify(args)}`,
        'timeout_ms = 30000',
        '',
      ].join('\n'),
      ({ method, url, headers }) => {
        if (method !== 'POST' || !url.endsWith('/responses'))
          return { status: 200, json: { models: [], data: [] } }
        sent.push(headers.authorization)
        return 'turn'
      },
    )
    onTestFinished(() => lab.close())
    for (let run = 0; run < 2; run++) expect((await lab.theirs()).split(' ')[0]).toBe('0')
    expect(sent).toEqual([`Bearer ${secret}`, `Bearer ${secret}`])
    // The second process of the client got the token that the first one had kept.
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('x')
  },
  120_000,
)
