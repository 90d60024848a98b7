import { describe, expect, it, vi } from 'vitest'
import {
  type AuthProviderCheck,
  type CheckAuthProviderOptions,
  checkAuthProvider,
} from '../../src/checks/index.js'
import type { AuthProvider, HeaderMap } from '../../src/index.js'
import { brokenExpiries } from './broken-expiries.js'
import { brokenImmediateApply } from './broken-immediate-apply.js'
import { brokenNotes } from './broken-notes.js'
import { brokenProviders } from './broken-providers.js'
import { brokenRecoveries } from './broken-recoveries.js'
import { brokenSources } from './broken-sources.js'
import { leakingProviders } from './leaking-providers.js'
import { keyAuth, secret, soundProviders, tokenAuth } from './sample-providers.js'

const allBroken = [
  ...brokenProviders,
  ...brokenExpiries,
  ...brokenRecoveries,
  ...brokenNotes,
  ...leakingProviders,
  ...brokenSources,
  brokenImmediateApply,
]

const everything: CheckAuthProviderOptions = {
  create: () => keyAuth(secret),
  secrets: [secret],
  createWithCredential: (credential) => keyAuth(credential),
  createFromSource: (source, { observer }) => tokenAuth(source, observer),
}

for (const [what, options] of Object.entries(soundProviders)) {
  describe(`a provider ${what}`, () => {
    for (const { name, run } of checkAuthProvider(options)) it.concurrent(name, run)
  })
}

async function failuresOf(checks: AuthProviderCheck[]): Promise<Map<string, Error>> {
  const failures = new Map<string, Error>()
  await Promise.all(checks.map(({ name, run }) => run().catch((error) => failures.set(name, error))))
  return failures
}

describe('checkAuthProvider() notices a provider that', () => {
  for (const { what, fails, ...options } of allBroken) {
    it.concurrent(what, async () => {
      const failures = await failuresOf(
        checkAuthProvider({ create: () => keyAuth(secret), secrets: [secret], ...options }),
      )
      const names = [...failures.keys()].map((name) => fails.find((start) => name.startsWith(start)) ?? name)
      expect(names.sort()).toEqual([...fails].sort())
      for (const { name, message } of failures.values()) {
        expect(name).toBe('CheckFailure')
        expect(message).toMatch(/^Expected .+, but .+\. .+\.$|^The check could not be finished: .+$/)
        expect(message).not.toContain('planted')
      }
    })
  }
})

it('checkAuthProvider() has, for each check, a broken provider that fails this check alone', () => {
  const alone = allBroken.filter(({ fails }) => fails.length === 1)
  const unproven = checkAuthProvider(everything).filter(
    ({ name }) => !alone.some(({ fails: [start = '?'] }) => name.startsWith(start)),
  )
  expect(unproven.map(({ name }) => name)).toEqual([])
})

it('checkAuthProvider() tells of a provider that breaks down without what it said', async () => {
  const create = () => {
    throw new RangeError(`Cannot use ${secret}`)
  }
  const checks = checkAuthProvider({ create, secrets: [secret] })
  const failures = await failuresOf(checks)
  expect(failures.size).toBe(checks.length)
  for (const error of failures.values()) {
    expect(error.message).toBe(
      'The check could not be finished: the provider failed with a foreign RangeError',
    )
    expect(error.stack).not.toContain(secret)
  }
})

it('checkAuthProvider() shows the error that a provider threw, when no planted secret is in it', async () => {
  const original = new RangeError('The tenant must be a number')
  const provider: AuthProvider = {
    kind: 'custom',
    headerNames: ['x-api-key'],
    addAuthHeaders: () => {},
    async applyAuth() {
      throw original
    },
  }
  for (const create of [() => provider, () => Promise.reject(original)]) {
    const failures = await failuresOf(checkAuthProvider({ create, secrets: [secret] }))
    expect([...failures.values()].filter(({ cause }) => cause === original).length).toBeGreaterThan(5)
  }
})

it('checkAuthProvider() finds the same secrets on a runtime that has no node:util', async () => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  try {
    for (const { what, fails, ...options } of leakingProviders) {
      const failures = await failuresOf(
        checkAuthProvider({ create: () => keyAuth(secret), secrets: [secret], ...options }),
      )
      expect([
        what,
        [...failures.keys()].map((name) => fails.some((start) => name.startsWith(start))),
      ]).toEqual([what, [true]])
    }
  } finally {
    vi.restoreAllMocks()
  }
})

it('checkAuthProvider() leaves out the checks that an option is missing for', () => {
  const names = (options: Partial<CheckAuthProviderOptions>) =>
    checkAuthProvider({ create: () => keyAuth(secret), secrets: [], ...options }).map(({ name }) => name)
  const all = checkAuthProvider(everything).map(({ name }) => name)
  expect(new Set(all).size).toBe(all.length)
  expect(names({}).length).toBeGreaterThan(10)
  expect(names({ secrets: [secret] }).length - names({}).length).toBe(2)
  const { createWithCredential, createFromSource } = everything
  expect(names({ createWithCredential }).length - names({}).length).toBe(2)
  expect(names({ secrets: [secret], createFromSource }).length - names({ secrets: [secret] }).length).toBe(8)
  expect(() => names({ createFromSource })).toThrow('needs a secret')
})

it('checkAuthProvider() refuses a secret that is found everywhere', () => {
  expect(() => checkAuthProvider({ create: () => keyAuth('key'), secrets: ['key'] })).toThrow(TypeError)
})

it('checkAuthProvider() authenticates the requests that it is given', async () => {
  const urls = new Set<string>()
  const create = (): AuthProvider => ({
    ...keyAuth(secret),
    async applyAuth(request) {
      urls.add(new URL(request.url).origin)
      request.headers.set('x-key', secret)
      return request
    },
  })
  const request = () => ({ method: 'PUT', url: 'http://127.0.0.1:8080/thing', headers: new Headers() })
  expect(await failuresOf(checkAuthProvider({ create, secrets: [secret], request }))).toEqual(new Map())
  expect([...urls]).toEqual(['http://127.0.0.1:8080'])
})

it('checkAuthProvider() takes a provider that is an instance with private fields', async () => {
  class KeyAuth implements AuthProvider {
    readonly kind = 'key'
    readonly #key: string = secret
    get headerNames(): readonly string[] {
      return ['x-key']
    }
    addAuthHeaders(headers: HeaderMap): void {
      headers.set('x-key', this.#key)
    }
  }
  const checks = checkAuthProvider({ create: () => new KeyAuth(), secrets: [secret] })
  expect(await failuresOf(checks)).toEqual(new Map())
})
