import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import {
  type AuthProviderCheck,
  type CheckAuthProviderOptions,
  checkAuthProvider,
} from '../../src/checks/index.js'
import { AuthError, type AuthProvider, type HeaderMap } from '../../src/index.js'
import { brokenDeclarations } from './providers/broken-declarations.js'
import { brokenExpiries } from './providers/broken-expiries.js'
import { brokenImmediateApply } from './providers/broken-immediate-apply.js'
import { brokenNotes } from './providers/broken-notes.js'
import { brokenProviders } from './providers/broken-providers.js'
import { brokenRecoveries } from './providers/broken-recoveries.js'
import { brokenRequests } from './providers/broken-requests.js'
import { brokenSharing } from './providers/broken-sharing.js'
import { brokenSources } from './providers/broken-sources.js'
import { leakingProviders } from './providers/leaking-providers.js'
import { soundBorders } from './providers/sound-borders.js'
import { keyAuth, secret, soundProviders, tokenAuth } from './sample-providers.js'

const allBroken = [
  ...brokenProviders,
  ...brokenDeclarations,
  ...brokenExpiries,
  ...brokenRequests,
  ...brokenSharing,
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

/** The names of all checks, the texts that refuse each broken provider in the order of its `fails`, and the reasons. */
const {
  names: checkNames,
  refusals,
  reasons,
}: Texts = JSON.parse(readFileSync(new URL('./check-texts.json', import.meta.url), 'utf8'))

interface Texts {
  readonly names: readonly string[]
  readonly refusals: Readonly<Record<string, readonly string[]>>
  readonly reasons: Readonly<Record<string, readonly string[]>>
}

/** A source makes some checks wait. All other tests show how long they take when they run one by one. */
function runnerOf({ createFromSource }: Partial<CheckAuthProviderOptions>) {
  return createFromSource ? it.concurrent : it
}

for (const [what, options] of Object.entries({ ...soundProviders, ...soundBorders })) {
  describe(`a provider ${what}`, () => {
    for (const { name, run } of checkAuthProvider(options)) runnerOf(options)(name, run)
  })
}

async function failuresOf(checks: AuthProviderCheck[]): Promise<Map<string, Error>> {
  const failures = new Map<string, Error>()
  await Promise.all(checks.map(({ name, run }) => run().catch((error) => failures.set(name, error))))
  return failures
}

describe('checkAuthProvider() notices a provider that', () => {
  for (const { what, fails, ...options } of allBroken) {
    runnerOf(options)(what, async () => {
      const failures = await failuresOf(
        checkAuthProvider({ create: () => keyAuth(secret), secrets: [secret], ...options }),
      )
      const found: Record<string, string> = {}
      for (const [check, { name, message }] of failures) {
        expect(name).toBe('CheckFailure')
        const start = fails.find((start) => check.startsWith(start)) ?? check
        const [, seen = message, reason] = /^(Expected .+?\.) (.+)$/.exec(message) ?? []
        if (reason !== undefined) expect(reasons[start]).toContain(reason)
        found[start] = seen
      }
      expect(found).toStrictEqual(
        Object.fromEntries(fails.map((start, index) => [start, refusals[what]?.[index]])),
      )
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

const secretName = {
  message: 'Expected no secret in names and codes, but there is one. Errors and logs show names and codes.',
  cause: undefined,
}

it.each<[string, () => AuthProvider, object]>([
  [
    'throws an AuthError that quotes a secret',
    () => {
      throw AuthError.build(`Cannot use ${secret}`, { code: 'ERR_AUTH_CREDENTIAL' })
    },
    {
      message:
        'The check could not be finished: the provider failed with an AuthError (build, ERR_AUTH_CREDENTIAL)',
      cause: { name: 'AuthError', code: 'ERR_AUTH_CREDENTIAL', stack: expect.any(Array) },
    },
  ],
  [
    'rejects a request with an error that quotes a secret',
    () => ({
      ...keyAuth(secret),
      recover: async () => Promise.reject(new RangeError(`Cannot use ${secret}`)),
    }),
    {
      message:
        'Expected an AuthError, but it threw a foreign RangeError. It decides whether the request is sent again, and answers come from anywhere.',
      cause: { name: 'RangeError', stack: expect.any(Array) },
    },
  ],
  ['declares a secret as a header name', () => ({ ...keyAuth('x'), headerNames: [secret] }), secretName],
  ['declares a secret as a query name', () => ({ ...keyAuth('x'), queryNames: [secret] }), secretName],
])('checkAuthProvider() shows no secret of a provider that %s', async (_what, create, expected) => {
  const failures = await failuresOf(checkAuthProvider({ create, secrets: [secret] }))
  expect(failures.size).toBeGreaterThan(0)
  for (const [check, error] of failures) {
    const texts = [error.message, String(error.stack), inspect(error, { depth: null, showHidden: true })]
    expect([check, ...texts.filter((text) => text.includes(secret))]).toEqual([check])
  }
  const seen = [...failures.values()].map(({ message, cause }) => ({ message, cause }))
  expect(seen).toContainEqual(expected)
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
  const unapplied = [
    'declares a kind',
    'declares no header',
    'merges only',
    'says whether',
    'says when',
    'signs the body',
    'adds its members',
    'signs method and URL',
    'noteResponse()',
  ]
  for (const [create, passing] of [
    [() => provider, unapplied],
    [() => Promise.reject(original), []],
  ] as const) {
    const failures = await failuresOf(checkAuthProvider({ create, secrets: [secret] }))
    expect([...failures.values()].map(({ cause }) => cause)).toEqual([...failures].map(() => original))
    const passed = checkNames.slice(0, 28).filter((name) => !failures.has(name))
    const starts = passed.map((name) => passing.find((start) => name.startsWith(start)))
    expect(starts).toEqual(passing)
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
  expect(all).toEqual(checkNames)
  expect(names({}).length).toBeGreaterThan(10)
  expect(names({ secrets: [secret] }).length - names({}).length).toBe(2)
  const { createWithCredential, createFromSource } = everything
  expect(names({ createWithCredential }).length - names({}).length).toBe(2)
  expect(names({ secrets: [secret], createFromSource }).length - names({ secrets: [secret] }).length).toBe(8)
})

const short = 'checkAuthProvider: each secret must have 8 characters or more, or it is found everywhere'

it.each<[string, object, string]>([
  ['a secret of 7 characters', { secrets: [secret, 'planted'] }, short],
  ['a secret that is not a string', { secrets: [Array(8)] }, short],
  [
    'a source without a secret',
    { createFromSource: everything.createFromSource, secrets: [] },
    'checkAuthProvider: createFromSource needs a secret for its source to give',
  ],
  [
    'an option that it does not have',
    { source: 1 },
    'checkAuthProvider: unknown option "source"; it has create, secrets, request, createWithCredential, createFromSource; did you mean createFromSource?',
  ],
])('checkAuthProvider() refuses %s', (_what, change, message) => {
  const options = { create: () => keyAuth(secret), secrets: [secret], ...change }
  expect(() => checkAuthProvider(options)).toThrow(new TypeError(message))
})

it('checkAuthProvider() takes a secret of 8 characters', () => {
  expect(() => checkAuthProvider({ create: () => keyAuth(secret), secrets: ['planted1'] })).not.toThrow()
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
