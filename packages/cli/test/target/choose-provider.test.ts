import { type Config, parseConfig } from '@outbound-auth/resolver/config'
import { expect, test } from 'vitest'
import { ChoiceError, chooseProvider } from '../../src/target/choose-provider.js'

const file = { name: 'c.toml', directory: '/', home: '/home/oa', isFound: false }
const provider = (name: string, origin: string) =>
  `[providers.${name}]\nkind = "bearer"\ntoken = "t"\nbase_url = "${origin}/v1"\n`
const config = (text: string): Config => parseConfig(text, file)
const two = provider('a', 'https://a.example') + provider('b', 'https://b.example')

interface Case {
  readonly text?: string
  readonly origin?: string
  readonly named?: string
  readonly env?: Readonly<Record<string, string>>
}

function choose({ text, origin, named, env = {} }: Case) {
  const parsed = text === undefined ? undefined : config(text)
  return chooseProvider({ origin, named, config: parsed, env, folder: '/srv/app' })
}

function failure(input: Case): { message: string; rules: string[] } {
  try {
    choose(input)
  } catch (error) {
    expect(error).toMatchObject({ class: 'config', code: 'ERR_CLI_PROVIDER' })
    const { message } = error as Error
    const trace = error instanceof ChoiceError ? error.trace : []
    return { message, rules: trace.map(({ rule, outcome }) => `${outcome} ${rule}`) }
  }
  throw new Error('it chose one')
}

test('chooseProvider() follows --provider to the file first, and else to a preset', () => {
  expect(choose({ text: provider('openai', 'https://gw.example'), named: 'openai' })).toMatchObject({
    name: 'openai',
    place: 'c.toml:1',
    trace: [{ rule: '--provider', outcome: 'chosen', because: 'it names [providers.openai] (c.toml:1)' }],
  })
  expect(choose({ text: two, named: 'openai' })).toMatchObject({
    name: 'openai',
    place: 'preset',
    trace: [
      {
        rule: '--provider',
        outcome: 'chosen',
        because: 'it names the preset openai; c.toml has no provider of that name',
      },
    ],
  })
  expect(choose({ named: 'ollama' }).definition).toMatchObject({ kind: 'none' })
})

test('chooseProvider() says which names there are when --provider names nothing', () => {
  expect(failure({ text: two, named: 'c' }).message).toBe(
    'No provider is called "c"; configured: a, b; presets: openai, azure-openai, anthropic, gemini, openrouter, ollama, mistral, groq, xai, deepseek, together, fireworks, cerebras, github-models, vertex, hugging-face, lm-studio, cloudflare-ai-gateway, github-actions-anthropic, kubernetes-openai, github-actions-bedrock, gcp-vertex, openai-compatible, bedrock, bedrock-runtime. Choose one of them',
  )
  expect(failure({ named: 'c' }).message).toContain('configured: no file;')
  expect(failure({ text: '', named: '__proto__' }).message).toContain('configured: none;')
})

test('chooseProvider() says what a preset without an address still needs', () => {
  expect(failure({ named: 'azure-openai' }).message).toBe(
    'The preset azure-openai has no address of its own: write [providers.NAME] with preset = "azure-openai", base_url = "https://…" into outbound-auth.toml',
  )
  expect(failure({ named: 'openai-compatible' }).message).toContain('token = { env = "…" }')
})

test("chooseProvider() takes the only configured provider that allows the URL's origin", () => {
  const { name, trace } = choose({ text: two, origin: 'https://b.example' })
  expect(name).toBe('b')
  expect(trace).toEqual([
    { rule: '--provider', outcome: 'passed-over', because: 'it was not given' },
    {
      rule: '[providers.a] (c.toml:1)',
      outcome: 'passed-over',
      because: 'it allows https://a.example, not https://b.example',
    },
    {
      rule: '[providers.b] (c.toml:5)',
      outcome: 'chosen',
      because: 'it is the only one that allows https://b.example',
    },
  ])
})

test('chooseProvider() rejects to choose between two, even if one is the default', () => {
  const text = `default_provider = "a"\n${provider('a', 'https://a.example')}${provider('"x y"', 'https://a.example')}`
  const { message, rules } = failure({ text, origin: 'https://a.example' })
  expect(message).toBe(
    'Cannot choose a provider for https://a.example: [providers.a] (c.toml:2) and [providers."x y"] (c.toml:6) allow it; add --provider NAME',
  )
  expect(rules).toEqual([
    'passed-over --provider',
    'passed-over [providers.a] (c.toml:2)',
    'passed-over [providers."x y"] (c.toml:6)',
  ])
})

test('chooseProvider() takes a preset for its own origin when its variable is set', () => {
  const origin = 'https://api.anthropic.com'
  const { name, trace } = choose({ text: two, origin, env: { ANTHROPIC_API_KEY: 'k' } })
  expect(name).toBe('anthropic')
  expect(trace.map(({ rule, because }) => `${rule}: ${because}`)).toEqual([
    '--provider: it was not given',
    '[providers.a] (c.toml:1): it allows https://a.example, not https://api.anthropic.com',
    '[providers.b] (c.toml:5): it allows https://b.example, not https://api.anthropic.com',
    'preset openai: its origin is https://api.openai.com',
    'preset azure-openai: it has no origin of its own',
    'preset anthropic: its origin is https://api.anthropic.com, and ANTHROPIC_API_KEY is set',
  ])
  expect(choose({ origin: 'http://localhost:11434' }).name).toBe('ollama')
})

test('chooseProvider() takes no preset whose variable is unset or empty, and names the variable', () => {
  const origin = 'https://api.openai.com'
  const { message, rules } = failure({ origin, env: { OPENAI_API_KEY: ' ' } })
  expect(message).toBe(`Cannot choose a provider for ${origin}: set OPENAI_API_KEY, or add --provider NAME`)
  expect(rules).toHaveLength(27)
  expect(rules[1]).toBe('passed-over configuration file')
})

test('chooseProvider() takes no preset for an origin that only looks like its own', () => {
  const env = { OPENAI_API_KEY: 'k' }
  for (const origin of [
    'http://api.openai.com',
    'https://api.openai.com:8443',
    'https://api.openai.co',
    'https://api.openai.com.evil.example',
  ]) {
    expect(failure({ origin, env }).message).toContain(
      'add a [providers.NAME] with this origin to outbound-auth.toml',
    )
  }
})

test('chooseProvider() takes the default or only provider for a path', () => {
  expect(choose({ text: `default_provider = "b"\n${two}` })).toMatchObject({
    name: 'b',
    trace: [
      {},
      { rule: 'default_provider', outcome: 'chosen', because: 'c.toml names [providers.b] (c.toml:6)' },
    ],
  })
  expect(choose({ text: provider('a', 'https://a.example') })).toMatchObject({
    name: 'a',
    trace: [
      {},
      { rule: 'default_provider', outcome: 'passed-over' },
      { because: 'it is the only configured provider' },
    ],
  })
})

test('chooseProvider() takes nothing for a path when there are several providers or none', () => {
  const several = failure({ text: two })
  expect(several.message).toBe(
    'Cannot choose a provider for a path: add --provider NAME (configured: a, b), or write the whole URL',
  )
  expect(several.rules.at(-1)).toBe('passed-over presets')
  expect(failure({ env: { OPENAI_API_KEY: 'k' } }).message).toBe(
    'Cannot choose a provider for a path: there is no outbound-auth.toml in /srv/app (parent folders are not searched); add --provider NAME, or write the whole URL',
  )
})

test('chooseProvider() says that a provider with an empty list allows nothing', () => {
  const text = '[providers.x]\nkind = "none"\nreason = "r"\nallowed_origins = []'
  expect(() => choose({ text, origin: 'https://a.example' })).toThrow(ChoiceError)
  try {
    choose({ text, origin: 'https://a.example' })
  } catch (error) {
    expect((error as ChoiceError).trace[1]?.because).toBe('it allows nothing, not https://a.example')
  }
})
