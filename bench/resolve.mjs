// Times a decision: resolving a definition that is known already, against making a bare provider; and reading and
// validating a Codex home, beyond parsing its TOML. Exits with 1 when a promise is broken.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bearerAuth } from '@outbound-auth/bearer'
import { createCodexResolver } from '@outbound-auth/codex'
import { createResolver } from '@outbound-auth/resolver'
import { parse } from 'smol-toml'
import { measure } from './measure.mjs'

const mostTimes = 20
const mostMs = 10

const resolver = createResolver({ bearer: bearerAuth }, { env: { API_TOKEN: 'token-1' } })
const definition = /** @type {const} */ ({
  kind: 'bearer',
  token: { env: 'API_TOKEN' },
  baseUrl: 'https://api.example.com/v1',
  headers: { 'x-team': 'search' },
})
await resolver.resolve(definition)

const home = mkdtempSync(join(tmpdir(), 'outbound-auth-bench-'))
const provider = (/** @type {number} */ index) =>
  `[model_providers.lab-${index}]\nname = "Lab ${index}"\nbase_url = "https://lab-${index}.example.com/v1"\nenv_key = "KEY"\nhttp_headers = { X-Team = "a" }\n`
writeFileSync(
  join(home, 'config.toml'),
  `model_provider = "openai"\n${Array.from({ length: 20 }, (_, index) => provider(index)).join('')}`,
)
const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${part({ alg: 'none' })}.${part({ exp: 4102444800 })}.c2ln`
const tokens = { id_token: token, access_token: token, refresh_token: 'r', account_id: 'a' }
writeFileSync(
  join(home, 'auth.json'),
  JSON.stringify({ auth_mode: 'chatgpt', tokens, last_refresh: new Date() }),
  { mode: 0o600 },
)
const codex = createCodexResolver({ home, systemConfigPath: false, env: {} })

const medians = await measure({
  'bearerAuth, made': () => bearerAuth({ token: 'token-1' }),
  'resolve, warm': () => resolver.resolve(definition),
  'TOML alone': async () => parse(await readFile(join(home, 'config.toml'), 'utf8')),
  'Codex home, decided': () => codex.select(),
})
rmSync(home, { recursive: true })
for (const [name, microseconds] of Object.entries(medians)) {
  console.log(`${name.padEnd(24)}${microseconds.toFixed(2).padStart(10)} µs`)
}
const of = (/** @type {string} */ name) => medians[name] ?? Number.NaN
const times = of('resolve, warm') / of('bearerAuth, made')
const beyondMs = (of('Codex home, decided') - of('TOML alone')) / 1000
console.log(`a warm resolution costs ${times.toFixed(1)} times a bare bearerAuth (at most ${mostTimes})`)
console.log(`a Codex home costs ${beyondMs.toFixed(2)} ms beyond its TOML (at most ${mostMs})`)
process.exitCode = times <= mostTimes && beyondMs <= mostMs ? 0 : 1
