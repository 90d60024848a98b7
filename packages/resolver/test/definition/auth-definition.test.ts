import { type ApiKeyAuth, apiKeyAuth } from '@outbound-auth/api-key'
import { type BearerAuth, bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider, TokenSource } from '@outbound-auth/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type AuthDefinition,
  createResolver,
  type ResolvedAuth,
  type SecretReference,
} from '../../src/index.js'

const env = { TOKEN: 't' }
const resolver = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth }, { env })
const baseUrl = 'https://api.example.com'
const at = { baseUrl }
const token = { env: 'TOKEN' } as const
const header = 'x-api-key'
type Definition = Parameters<typeof resolver.resolve>[0]

/** The compiler is the test; at run time each of these must fail too. */
const refuse = (definition: Promise<ResolvedAuth>) => expect(definition).rejects.toThrow()

describe('createResolver() infers the definitions that its factories take', () => {
  it('compiles what is right', async () => {
    const definitions: Definition[] = [
      { kind: 'none', reason: 'public', baseUrl },
      { kind: 'bearer', token: 'literal', baseUrl },
      { kind: 'bearer', token, allowedOrigins: [baseUrl] },
      { kind: 'bearer', token: () => 'supplied', baseUrl, refreshIntervalMs: 5 },
      {
        kind: 'bearer',
        token: { file: '/path' },
        baseUrl,
        headers: { a: 'b', c: { env: 'C', optional: true } },
      },
      {
        kind: 'bearer',
        token: { command: ['vault'], cwd: '/', timeoutMs: 1, refreshIntervalMs: 0 },
        baseUrl,
      },
      { kind: 'api-key', key: token, header: 'x-api-key', prefix: 'Key ', baseUrl, query: { v: '1' } },
      { kind: 'api-key', key: token, query: 'key', baseUrl },
    ]
    expect(definitions).toHaveLength(8)
    expectTypeOf<Definition['kind']>().toEqualTypeOf<'none' | 'bearer' | 'api-key'>()
    expectTypeOf<Extract<Definition, { kind: 'bearer' }>['token']>().toEqualTypeOf<
      string | TokenSource | SecretReference
    >()
    expectTypeOf(resolver.resolveUnknown).parameter(0).toBeUnknown()
    expectTypeOf<AuthDefinition<Record<never, never>>['kind']>().toEqualTypeOf<'none'>()
  })

  it('rejects an unknown kind', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'sigv4', token, ...at }))
  })

  it('rejects an option that the factory does not have', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, tokens: 'x', ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'api-key', token, header, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'none', reason: 'public', token, ...at }))
  })

  it('rejects options that exclude each other', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'api-key', key: token, header, query: 'key', ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'api-key', key: token, ...at }))
  })

  it('rejects a definition that does not say where the credential may go', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token }))
  })

  it('rejects a reference where no secret belongs', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'api-key', key: token, header: { env: 'TOKEN' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'api-key', key: token, header, prefix: { env: 'TOKEN' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, now: { env: 'TOKEN' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, observer: { env: 'TOKEN' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, timeoutMs: { env: 'TOKEN' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, baseUrl: { env: 'TOKEN' } }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, baseUrl, headers: { a: { file: '/path' } } }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token, baseUrl, query: { a: { env: 'TOKEN' } } }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'none', reason: { env: 'TOKEN' }, ...at }))
  })

  it('rejects a reference that says two things', async () => {
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token: { env: 'TOKEN', file: '/path' }, ...at }))
    // @ts-expect-error
    await refuse(resolver.resolve({ kind: 'bearer', token: { env: 'TOKEN', optional: true }, ...at }))
  })

  it('rejects a key that is not the kind of its factory', () => {
    // @ts-expect-error
    expect(() => createResolver({ token: bearerAuth })).not.toThrow()
  })

  it('takes the factory of a stranger, and references only where its option takes a TokenSource', async () => {
    interface Options {
      readonly secret: string | TokenSource
      readonly region: string
      readonly when?: () => Date
      readonly credentials?: (() => Promise<{ id: string }>) | undefined
    }
    const strangeAuth = (options: Options): AuthProvider & { readonly kind: 'strange' } => ({
      kind: 'strange',
      headerNames: ['x-strange'],
      addAuthHeaders: (headers) => headers.set('x-strange', options.region),
    })
    const strange = createResolver({ strange: strangeAuth })
    const auth = await strange.resolve({ kind: 'strange', secret: { file: '/x' }, region: 'r', ...at })
    expect(auth.kind).toBe('strange')
    const common = { kind: 'strange', secret: 's', ...at } as const
    type Strange = Parameters<typeof strange.resolve>[0]
    // @ts-expect-error
    const region: Strange = { ...common, region: { env: 'R' } }
    // @ts-expect-error
    const when: Strange = { ...common, region: 'r', when: { env: 'R' } }
    // @ts-expect-error
    const credentials: Strange = { ...common, region: 'r', credentials: { env: 'R' } }
    expect([region, when, credentials]).toHaveLength(3)
  })

  it('keeps the kinds of the factories', () => {
    expectTypeOf(bearerAuth).returns.toEqualTypeOf<BearerAuth>()
    expectTypeOf(apiKeyAuth).returns.toEqualTypeOf<ApiKeyAuth>()
  })
})
