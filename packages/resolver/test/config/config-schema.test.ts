import { describe, expect, it } from 'vitest'
import { configSchema } from '../../src/config/config-schema.js'
import { knownPresets } from '../../src/config/index.js'

interface ProviderSchema {
  readonly properties: Readonly<Record<string, unknown>>
  readonly allOf: readonly {
    readonly if: unknown
    readonly then: { readonly properties: Readonly<Record<string, unknown>>; readonly anyOf?: unknown }
  }[]
}

/** Made in each test, because a mutant is switched on by a test. */
function makeSchema() {
  const schema = configSchema() as {
    readonly properties: { readonly providers: { readonly additionalProperties: ProviderSchema } }
  }
  return { schema, provider: schema.properties.providers.additionalProperties }
}
const kinds = [
  ...['bearer', 'api-key', 'sigv4', 'bedrock', 'agent-identity', 'oauth', 'dpop', 'workload-identity'],
  'none',
]
const commonKeys = [
  ...['preset', 'kind', 'base_url', 'allowed_origins', 'headers', 'query'],
  'allow_insecure_transport',
]

describe('configSchema()', () => {
  it('allows no other key, in the file and in a provider', () => {
    const { schema, provider } = makeSchema()
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'outbound-auth.toml',
      description:
        'Configuration of the outbound-auth command and of loadConfig of @outbound-auth/resolver/config',
      type: 'object',
      additionalProperties: false,
    })
    expect(Object.keys(schema.properties)).toEqual(['default_provider', 'providers'])
    expect(schema.properties).toMatchObject({
      default_provider: { type: 'string', pattern: '\\S', description: 'The provider of a path' },
    })
    expect(schema.properties.providers).toMatchObject({ type: 'object' })
    expect(provider).toMatchObject({
      type: 'object',
      additionalProperties: false,
      anyOf: [{ required: ['kind'] }, { required: ['preset'] }],
    })
    expect(Object.keys(provider.properties)).toEqual(
      expect.arrayContaining([...commonKeys, 'token', 'reason']),
    )
  })

  it('names all kinds and presets', () => {
    const { provider } = makeSchema()
    expect(provider.properties['kind']).toEqual({ enum: kinds })
    expect(provider.properties['preset']).toEqual({ enum: knownPresets().map(({ name }) => name) })
  })

  it('has one schema for a key of one form, whichever kinds have it', () => {
    const { provider } = makeSchema()
    const text = { type: 'string', pattern: '\\S' }
    for (const key of ['region', 'scope', 'endpoint', 'reason'])
      expect(provider.properties[key]).toEqual(text)
    expect(provider.properties['timeout_ms']).toEqual({ type: 'number', minimum: 0 })
    expect(provider.properties['single_use']).toEqual({ type: 'boolean' })
    expect(provider.properties['query']).toEqual({
      anyOf: [
        { type: 'object', additionalProperties: { type: 'string' } },
        { anyOf: [text, { type: 'object', additionalProperties: { type: 'string' } }] },
      ],
    })
  })

  it('has each form of a key whose form depends on the kind', () => {
    const { provider } = makeSchema()
    expect(provider.properties['query']).toMatchObject({ anyOf: [expect.anything(), expect.anything()] })
    expect(provider.properties['token']).toBeDefined()
    expect(provider.properties['region']).not.toHaveProperty('anyOf')
    expect(provider.properties['identity_provider']).toMatchObject({
      type: 'object',
      required: ['client_id'],
      additionalProperties: false,
    })
  })

  it('forbids the keys of other kinds, and requires those of the kind or a preset', () => {
    const { provider } = makeSchema()
    expect(provider.allOf.map((branch) => branch.if)).toEqual(
      kinds.map((name) => ({ properties: { kind: { const: name } }, required: ['kind'] })),
    )
    const branchOf = (name: string) => provider.allOf[kinds.indexOf(name)]?.then
    expect(branchOf('bearer')?.anyOf).toEqual([{ required: ['preset'] }, { required: ['token'] }])
    expect(branchOf('bedrock')).not.toHaveProperty('anyOf')
    const ownKeys = {
      none: ['reason'],
      bearer: ['token', 'refresh_interval_ms', 'timeout_ms'],
      bedrock: ['endpoint', 'region', 'token', 'profile', 'credentials'],
    }
    for (const [name, keys] of Object.entries(ownKeys)) {
      const others = Object.keys(provider.properties).filter((key) => ![...keys, ...commonKeys].includes(key))
      expect(branchOf(name)?.properties).toEqual(Object.fromEntries(others.map((key) => [key, false])))
    }
  })
})
