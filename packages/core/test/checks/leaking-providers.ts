import { AuthError, type AuthProvider } from '../../src/index.js'
import { type BrokenProvider, broken, keyAuthOnRequest } from './broken-providers.js'
import { keyAuth, secret } from './sample-providers.js'

const printed = 'shows no secret'
const events = 'tells its observer'
const illegal = 'refuses a credential'
const illegalShown = 'keeps an illegal credential'
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
