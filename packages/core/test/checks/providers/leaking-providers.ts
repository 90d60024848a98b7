import { AuthError, type AuthProvider } from '../../../src/index.js'
import { keyAuth, renewed, secret } from '../sample-providers.js'
import { type BrokenProvider, broken } from './broken-provider.js'
import { keyAuthOnRequest } from './broken-providers.js'

const printed = 'shows no secret'
const events = 'tells its observer'
const illegal = 'refuses a credential'
const illegalShown = 'keeps an illegal credential'

const illegalHead = 'planted-head-of-an-illegal-credential'
const illegalTail = 'planted-tail-of-an-illegal-credential'

export const leakingProviders: readonly BrokenProvider[] = [
  ...Object.entries({
    field: (provider: AuthProvider) => Object.assign(provider, { token: secret }),
    symbol: (provider: AuthProvider) => Object.assign(provider, { [Symbol('token')]: secret }),
    'field of a function': (provider: AuthProvider) => {
      Object.assign(provider.addAuthHeaders, { token: secret })
      return provider
    },
    getter: (provider: AuthProvider) =>
      Object.defineProperty(provider, 'token', { enumerable: false, get: () => secret }),
    map: (provider: AuthProvider) => Object.assign(provider, { cache: new Map([['token', secret]]) }),
    buffer: (provider: AuthProvider) => Object.assign(provider, { token: new TextEncoder().encode(secret) }),
    'basic credential': (provider: AuthProvider) => Object.assign(provider, { basic: btoa(`me:${secret}`) }),
    'text in base64url': (provider: AuthProvider) =>
      Object.assign(provider, { text: Buffer.from(`a ${secret}`).toString('base64url') }),
    'text in hex': (provider: AuthProvider) =>
      Object.assign(provider, { text: Buffer.from(secret).toString('hex') }),
    'list of bytes': (provider: AuthProvider) => Object.assign(provider, { list: [...Buffer.from(secret)] }),
    'text with escapes': (provider: AuthProvider) =>
      Object.assign(provider, { json: JSON.stringify(secret) }),
    form: (provider: AuthProvider) =>
      Object.assign(provider, { form: new URLSearchParams({ k: secret }).toString() }),
    'hidden array buffer': (provider: AuthProvider) =>
      Object.defineProperty(provider, 'raw', { value: new TextEncoder().encode(secret).buffer }),
    'field of a field': (provider: AuthProvider) =>
      Object.assign(provider, { a: { b: new Set([[secret]]) } }),
    'key of an object': (provider: AuthProvider) => Object.assign(provider, { tokens: { [secret]: true } }),
    url: (provider: AuthProvider) =>
      Object.assign(provider, { url: `https://a.example/?k=${encodeURIComponent(secret)}` }),
    toString: (provider: AuthProvider) => Object.assign(provider, { toString: () => secret }),
    toJSON: (provider: AuthProvider) => Object.assign(provider, { toJSON: () => ({ secret }) }),
  }).map(([what, plant]) => ({
    what: `shows its secret in a ${what}`,
    fails: [printed],
    create: () => plant(broken({})),
  })),
  ...Object.entries({
    'applied the request': { applyAuth: true },
    'was asked to recover': { recover: true },
  }).map(
    ([what, { applyAuth = false, recover = false }]: [
      string,
      { applyAuth?: boolean; recover?: boolean },
    ]) => ({
      what: `shows its secret after it ${what}`,
      fails: [printed],
      create() {
        const shown: { last?: string } = {}
        return Object.assign(
          broken({
            async applyAuth(request) {
              if (applyAuth) shown.last = secret
              return keyAuthOnRequest(request)
            },
            async recover() {
              if (recover) shown.last = secret
              return false
            },
          }),
          { shown },
        )
      },
    }),
  ),
  {
    what: 'shows its second secret',
    fails: [printed],
    secrets: [secret, renewed],
    create: () => Object.assign(broken({}), { token: renewed }),
  },
  {
    what: 'tells its observer the token when it recovers',
    fails: [events],
    create: ({ observer }) =>
      broken({
        async recover() {
          observer({ type: 'warned', kind: 'broken', code: 'ERR_AUTH_OLD', message: `${secret} is old` })
          return false
        },
      }),
  },
  {
    what: 'tells its observer the token',
    fails: [events],
    create: ({ observer }) =>
      broken({
        async applyAuth(request) {
          observer({ type: 'warned', kind: 'broken', code: 'ERR_AUTH_OLD', message: `${secret} is old` })
          return keyAuthOnRequest(request)
        },
      }),
  },
  {
    what: 'cuts illegal characters out',
    fails: [illegal],
    createWithCredential: (credential) => keyAuth(credential.replace(/[^\x20-\x7e]/g, '')),
  },
  ...Object.entries({ CR: '\r', LF: '\n', NUL: '\0', 'U+0100': '\u0100', 'U+1F511': '\u{1f511}' }).map(
    ([character, text]) => ({
      what: `accepts a credential with ${character}`,
      fails: [illegal],
      createWithCredential: (credential: string) =>
        keyAuth(credential === `${illegalHead}${text}${illegalTail}` ? secret : credential),
    }),
  ),
  {
    what: 'accepts an illegal credential where the platform would refuse it',
    fails: [illegal],
    createWithCredential: (credential) =>
      broken({
        addAuthHeaders(map) {
          if (!(map instanceof Headers)) map.set('x-key', credential)
        },
        async applyAuth(request) {
          request.headers.set('x-key', request.headers instanceof Headers ? secret : credential)
          return request
        },
      }),
  },
  ...Object.entries({ head: illegalHead, tail: illegalTail }).map(([what, part]) => ({
    what: `quotes the ${what} of an illegal credential`,
    fails: [illegalShown],
    createWithCredential() {
      throw AuthError.build(`Not a token: ${part}`, { code: 'ERR_AUTH_CREDENTIAL' })
    },
  })),
  {
    what: 'throws a foreign error at an illegal credential',
    fails: [illegal],
    createWithCredential() {
      throw new RangeError('Not a token')
    },
  },
  {
    what: 'calls an illegal credential transient',
    fails: [illegal],
    createWithCredential() {
      throw AuthError.transient('Not now', { code: 'ERR_AUTH_CREDENTIAL' })
    },
  },
  {
    what: 'quotes an illegal credential',
    fails: [illegalShown],
    createWithCredential(credential) {
      throw AuthError.build(`Not a token: ${credential}`, { code: 'ERR_AUTH_CREDENTIAL' })
    },
  },
]
