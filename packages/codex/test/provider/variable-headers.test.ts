import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CodexAuth } from '../../src/index.js'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const files = {
  'config.toml': `model_provider = "lab"
[model_providers.lab]
name = "Lab"
base_url = "https://lab.example.com/v1"
env_key = "KEY"
http_headers = { X-Org = "org-file", X-Kept = "kept" }
env_http_headers = { X-Org = "ORG", X-Late = "LATE" }`,
}
const sent = async (auth: CodexAuth) => {
  const { headers } = await requestOf(auth)
  const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8')
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, utf8(value)]))
}

describe('createCodexResolver(), with headers from variables,', () => {
  it('never sends those of one principal with the key of another', async () => {
    const env: Record<string, string | undefined> = { KEY: 'key-alice', ORG: 'org-alice' }
    const auth = await createCodexLab(files, { env }).codex.resolve()
    const kept = { 'x-kept': 'kept' }
    expect(await sent(auth)).toEqual({ ...kept, 'x-org': 'org-alice', authorization: 'Bearer key-alice' })
    Object.assign(env, { KEY: 'key-bob', ORG: ' org-bob ', LATE: '✓' })
    const bob = { ...kept, authorization: 'Bearer key-bob' }
    expect(await sent(auth)).toEqual({ ...bob, 'x-org': 'org-bob', 'x-late': '✓' })
    Object.assign(env, { ORG: ' ', LATE: undefined })
    expect(await sent(auth)).toEqual({ ...bob, 'x-org': 'org-file' })
  })

  it.each<[string, Record<string, string>, (who: string) => Record<string, string>, string]>([
    ['env_key with letters beyond ASCII', files, (who) => ({ KEY: `é-${who}`, ORG: who }), 'x-org'],
    [
      'CODEX_API_KEY',
      {},
      (who) => ({ CODEX_API_KEY: `é-${who}`, OPENAI_ORGANIZATION: who }),
      'openai-organization',
    ],
  ])('leaves them as they are until the next resolve, as %s is', async (_, home, variables, name) => {
    const env = variables('alice')
    const { codex } = createCodexLab(home, { env })
    const auth = await codex.resolve()
    Object.assign(env, variables('bob'))
    expect(await sent(auth)).toMatchObject({ [name]: 'alice', authorization: 'Bearer é-alice' })
    expect(await sent(await codex.resolve())).toMatchObject({ [name]: 'bob', authorization: 'Bearer é-bob' })
  })

  it('sends nothing when a variable cannot be a header any more, and prints all the same', async () => {
    const env: Record<string, string> = { KEY: 'k', ORG: 'org-alice' }
    const auth = await createCodexLab(files, { env }).codex.resolve()
    env['ORG'] = 'planted\nx-evil: 1'
    expect(await problemOf(requestOf(auth))).toMatch(/^ERR_AUTH_HEADER_VALUE build/)
    for (const text of [inspect(auth.headers), String(auth.headers), JSON.stringify(auth.headers)]) {
      expect(text).toMatch(/x-org/)
      expect(text).not.toMatch(/alice|planted/)
    }
  })

  it('says that all of them are secret, and leaves what a caller sets to that caller', async () => {
    const { codex } = createCodexLab(files, { env: { KEY: 'k' } })
    const [one, two] = [await codex.resolve(), await codex.resolve()]
    expect([...one.secretHeaderNames].sort()).toEqual(['x-late', 'x-org'])
    one.headers.set('x-mine', '1')
    one.headers.delete('x-kept')
    expect([one.headers.get('x-mine'), one.headers.has('x-kept')]).toEqual(['1', false])
    expect([two.headers.get('x-mine'), two.headers.has('x-kept')]).toEqual([null, true])
  })
})
