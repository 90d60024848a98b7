import { AuthError, applyAuth, createHeaderMap, type TokenSource } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { createResolver, type ResolverOptions } from '../../src/index.js'

const baseUrl = 'https://api.example.com'
const kind = 'workload-identity'

/** A factory that sends the subject token itself. */
const workload = ({ subjectToken }: { readonly subjectToken: string | TokenSource }) => ({
  kind,
  headerNames: ['x-subject'],
  addAuthHeaders() {},
  async applyAuth(request: { headers: { set(name: string, value: string): void } }) {
    const options = { signal: new AbortController().signal, forceRefresh: false }
    const given = typeof subjectToken === 'function' ? await subjectToken(options) : subjectToken
    request.headers.set('x-subject', typeof given === 'string' ? given : given.token)
    return request
  },
})

const resolve = (subjectToken: unknown, options?: ResolverOptions) =>
  createResolver({ [kind]: workload as never }, options).resolveUnknown({
    kind,
    service: 'openai',
    subjectToken,
    baseUrl,
  })

describe('createResolver() takes a subject token of a platform', () => {
  it.each([
    ['GitHub Actions', { githubActions: { audience: 'a' } }],
    ['the metadata service of Google Cloud', { gcpMetadata: { audience: 'a' } }],
    ['the metadata service of Azure', { azureImds: { resource: 'r' } }],
  ])('from %s', async (label, reference) => {
    const subjectToken = vi.fn(() => async () => 'subject-1')
    const env = { NAME: 'value' }
    const resolved = await resolve(reference, { env, subjectToken })
    const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
    expect((await applyAuth(resolved.provider, request)).headers.get('x-subject')).toBe('subject-1')
    expect(subjectToken).toHaveBeenCalledWith(reference, { env })
    expect(resolved.reason).toContain(label)
  })

  it('and names the place of what a platform rejects', async () => {
    const subjectToken = () => {
      throw AuthError.build('audience is empty', { code: 'ERR_AUTH_CREDENTIAL', option: 'audience' })
    }
    await expect(resolve({ githubActions: { audience: '' } }, { subjectToken })).rejects.toThrow(
      'audience is empty',
    )
    await expect(resolve({ githubActions: 'a' }, { subjectToken })).rejects.toThrow(
      'subjectToken: githubActions must be an object',
    )
    await expect(resolve({ githubActions: {}, env: 'A' }, { subjectToken })).rejects.toThrow('"env"')
  })

  it('and says what to pass when it cannot get one', async () => {
    await expect(resolve({ githubActions: { audience: 'a' } })).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_UNSUPPORTED',
      message: expect.stringContaining('pass createResolver(factories, { subjectToken })'),
    })
  })
})

describe('createResolver() says', () => {
  it('which kind was meant, and which factory is missing', async () => {
    const { resolveUnknown } = createResolver({ [kind]: workload as never, custom: workload as never })
    const code = 'ERR_AUTH_UNKNOWN_KIND'
    await expect(resolveUnknown({ kind: 'custm', baseUrl })).rejects.toMatchObject({
      code,
      message: `Cannot resolve kind "custm": it has none, ${kind}, custom; did you mean custom?`,
    })
    await expect(resolveUnknown({ kind: 'zzz', baseUrl })).rejects.toMatchObject({
      code,
      message: `Cannot resolve kind "zzz": it has none, ${kind}, custom`,
    })
    await expect(resolveUnknown({ kind: 'bearer', baseUrl })).rejects.toMatchObject({
      code,
      message: 'Cannot resolve kind "bearer": install @outbound-auth/bearer and pass its factory',
    })
  })

  it.each([
    [undefined, 'got undefined'],
    ['bearer', 'got string'],
    [{ kind: 5 }, 'got one with the kind number'],
    [{}, 'got one with the kind undefined'],
  ])('what a definition must be: %j', async (definition, came) => {
    await expect(createResolver({}).resolveUnknown(definition)).rejects.toThrow(
      new RegExp(`^Cannot resolve: the definition must be an object with a kind, .*; ${came}$`),
    )
  })
})
