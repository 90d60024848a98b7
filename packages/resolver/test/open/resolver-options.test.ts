import { type AuthEvent, type AuthProvider, noAuth } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { createResolver, definitionPath } from '../../src/index.js'
import { failure } from '../open-lab.js'

const baseUrl = 'https://a.example'
const custom = () => ({ kind: 'custom' as const, headerNames: ['x-key'], addAuthHeaders() {} })

describe('createResolver() rejects', () => {
  it.each<[options: object, problem: string]>([
    [{ env: 'A' }, 'env must be an object, got a string'],
    [{ stores: 5 }, 'stores must be an object of functions, got 5'],
    [{ stores: [custom] }, 'stores must be an object of functions, got an array'],
    [
      { stores: { own: custom, redis: 'redis://' } },
      'stores.redis must be a function that opens the store, got "redis://"',
    ],
    [{ waitUntil: 5 }, 'waitUntil must be a function, got 5'],
    [{ observer: 5 }, 'observer must be a function, got 5'],
    [
      { files: 1 },
      'unknown option "files"; it has env, readFile, runCommand, awsCredentials, webIdentityCredentials, subjectToken, stores, waitUntil, observer',
    ],
  ])('%j', (options, problem) => {
    expect(() => createResolver({}, options)).toThrow(new TypeError(`createResolver: ${problem}`))
  })

  it('what is no factory, and one factory in place of an object of them', () => {
    expect(() => createResolver({ custom, other: 5 } as never)).toThrow(
      new TypeError('createResolver: other must be a factory as in { bearer: bearerAuth }, got 5'),
    )
    expect(() => createResolver(custom as never)).toThrow(
      new TypeError(
        'createResolver: factories must be an object as in { bearer: bearerAuth }, got a function',
      ),
    )
  })
})

it('createResolver() takes every option, and stores that are not given', () => {
  const options = { env: {}, stores: undefined, waitUntil() {}, observer() {} }
  expect(() => createResolver({ custom }, options)).not.toThrow()
  expect(() => createResolver({ custom }, { stores: {} })).not.toThrow()
})

describe('createResolver() says of a kind', () => {
  const example = "such as { kind: 'bearer', token: { env: 'TOKEN' }, baseUrl: 'https://api.example.com' }"
  it.each<[definition: unknown, came: string]>([
    [undefined, 'undefined'],
    [null, 'object'],
    [['bearer'], 'object'],
    [{ baseUrl }, 'one with the kind undefined'],
    [{ kind: 5, baseUrl }, 'one with the kind number'],
  ])('that %j has none', async (definition, came) => {
    const error = await failure(createResolver({}).resolveUnknown(definition))
    expect(error).toEqual(
      new TypeError(`Cannot resolve: the definition must be an object with a kind, ${example}; got ${came}`),
    )
    expect(definitionPath(error)).toEqual(['kind'])
  })

  it.each([
    ['bearer', 'install @outbound-auth/bearer and pass its factory'],
    ['api-key', 'install @outbound-auth/api-key and pass its factory'],
    ['sigv4', 'install @outbound-auth/sigv4 and pass its factory'],
    ['agent-identity', 'install @outbound-auth/agent-identity and pass its factory'],
    ['workload-identity', 'install @outbound-auth/workload-identity and pass its factory'],
    ['xbearer', 'it has none, custom'],
    ['workload-identityx', 'it has none, custom'],
    ['', 'it has none, custom'],
    ['custm', 'it has none, custom; did you mean custom?'],
  ])('%s what to do', async (kind, remedy) => {
    const error = await failure(createResolver({ custom }).resolveUnknown({ kind, baseUrl }))
    const shown = kind === '' ? '…' : kind
    expect(error).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_UNKNOWN_KIND',
      provider: shown,
      option: 'kind',
      message: `Cannot resolve kind "${shown}": ${remedy}`,
    })
    expect(definitionPath(error)).toEqual(['kind'])
  })

  it('nothing that may be a secret, though a known kind is like it', async () => {
    const error = await failure(createResolver({ custom }).resolveUnknown({ kind: 'custom!', baseUrl }))
    expect(error).toHaveProperty('message', 'Cannot resolve kind "…": it has none, custom')
  })
})

it('createResolver() takes another factory for kind none', async () => {
  const none = (options: { readonly reason: string }) => ({
    ...noAuth(options),
    kind: 'none' as const,
    mark: 1,
  })
  const { provider } = await createResolver({ none }).resolveUnknown({ kind: 'none', reason: 'r', baseUrl })
  expect(provider).toMatchObject({ mark: 1 })
})

it('createResolver() tells the observer the agent of a provider', async () => {
  const events: AuthEvent[] = []
  const agentIdentity = { agentId: 'a', taskId: 't' }
  const agent = (): AuthProvider & { readonly kind: 'agent' } => ({
    ...custom(),
    kind: 'agent',
    agentIdentity,
  })
  const resolver = createResolver({ agent }, { observer: (event) => events.push(event) })
  const { reason } = await resolver.resolveUnknown({ kind: 'agent', baseUrl })
  expect(reason).toBe('agent in header x-key from the definition, for https://a.example')
  expect(events).toEqual([{ type: 'selected', kind: 'agent', reason, agentIdentity }])
})

it('createResolver() starts relative paths where it was made, if there is a directory', async () => {
  const cwds: unknown[] = []
  const runCommand = async ({ cwd }: { readonly cwd?: string | undefined }) => {
    cwds.push(cwd)
    return 'secret'
  }
  const taking = (options: { readonly token: unknown }) => {
    const read = options.token as (call: object) => Promise<string>
    return { ...custom(), kind: 'taking' as const, applyAuth: async () => read({}) as never }
  }
  const sendWith = async (cwd: unknown) => {
    vi.stubGlobal('process', cwd)
    const resolver = createResolver({ taking } as never, { env: {}, runCommand })
    vi.unstubAllGlobals()
    const token = { command: ['a'], cwd: 'b' }
    const { provider } = await resolver.resolveUnknown({ kind: 'taking', token, baseUrl })
    await provider.applyAuth?.({} as never)
  }
  await sendWith({ cwd: () => '/start' })
  await sendWith({})
  await sendWith(undefined)
  const gone = () => {
    throw new Error('ENOENT')
  }
  await sendWith({ cwd: gone })
  expect(cwds).toEqual(['/start/b', 'b', 'b', 'b'])
})
