import { isLoginOf, type LoginPlace, loginStore } from './login-document.js'
import { dateOf } from './login-source.js'
import { isLogin } from './open-oauth.js'

/** Where the tokens of a provider of kind `oauth` or `dpop` come from. No secret is in it. */
export interface OauthDescription {
  readonly grant: string
  readonly issuer: string | null
  /** Null: the metadata of the issuer names it. */
  readonly tokenEndpoint: string | null
  readonly clientId: string | null
  readonly clientAuth: string
  readonly scope: string | null
  /** Whether each request needs a proof of the key that a token is bound to. */
  readonly proof: 'dpop' | null
  /** Of a login or of a kept token; null if it is not known before a token is fetched. */
  readonly expiresAt: string | null
  /** Null for a grant without a login. */
  readonly login: 'none' | 'other settings' | 'renewable' | 'not renewable' | 'unreadable' | 'shared' | null
}

type Definition = Readonly<Record<string, unknown>>

/** Describes a definition of kind `oauth` or `dpop`; undefined for any other. Nothing is sent. */
export async function describeOauth(
  definition: Definition,
  place: LoginPlace | undefined,
  keptUntil: Date | undefined,
): Promise<OauthDescription | undefined> {
  const { kind, grant = 'client-credentials' } = definition
  if (kind !== 'oauth' && kind !== 'dpop') return undefined
  const text = (name: string) => (typeof definition[name] === 'string' ? String(definition[name]) : null)
  const kept = { login: null, expiresAt: keptUntil?.toISOString() ?? null }
  return {
    grant: String(grant),
    issuer: text('issuer'),
    tokenEndpoint: text('tokenEndpoint'),
    clientId: text('clientId'),
    clientAuth: clientAuthOf(definition),
    scope: text('scope'),
    proof: kind === 'dpop' ? 'dpop' : null,
    ...(isLogin(definition) && place ? await describeLogin(place) : kept),
  }
}

/** The same as lines for people. */
export function oauthLines({ login, expiresAt, ...described }: OauthDescription): string[] {
  const { grant, issuer, tokenEndpoint, clientId, clientAuth, scope, proof } = described
  const endpoint = tokenEndpoint ?? `that of the metadata of ${issuer}`
  const until = expiresAt ?? 'not known before a token is fetched'
  return [
    `Grant     ${grant}${login === null ? '' : `; ${loginWords[login]}`}`,
    ...(issuer === null ? [] : [`Issuer    ${issuer}`]),
    `Endpoint  ${endpoint}`,
    `Client    ${clientId ?? 'none'}, proves itself with ${clientAuth}`,
    ...(scope === null ? [] : [`Scope     ${scope}`]),
    `Expiry    ${until}`,
    ...(proof === null
      ? []
      : ['Proof     each request is signed (DPoP); a token alone is of no use without the key']),
  ]
}

const loginWords = {
  none: 'nobody is logged in: outbound-auth login',
  'other settings': 'the login was made with other settings: outbound-auth login',
  renewable: 'logged in, and renewed by itself',
  'not renewable': 'logged in until it expires',
  shared: 'the login is in a store of many machines, which is not looked at here',
  unreadable: 'the file of the login cannot be read: outbound-auth doctor says why',
} as const

function clientAuthOf({ clientAuth, clientSecret, privateKey, clientAssertion }: Definition): string {
  if (typeof clientAuth === 'string') return clientAuth
  if (clientSecret !== undefined) return 'basic'
  if (privateKey !== undefined) return 'private-key-jwt'
  return clientAssertion === undefined ? 'none' : 'assertion'
}

async function describeLogin(place: LoginPlace): Promise<Pick<OauthDescription, 'login' | 'expiresAt'>> {
  // An explanation of a file that is not trusted must connect to nothing.
  if (place.definition['store'] !== undefined) return { login: 'shared', expiresAt: null }
  try {
    const login = await loginStore(place).read()
    if (!login) return { login: 'none', expiresAt: null }
    if (!isLoginOf(login, place)) return { login: 'other settings', expiresAt: null }
    const expiresAt = dateOf(login.expiresAt)?.toISOString() ?? null
    return { login: login.refreshToken === undefined ? 'not renewable' : 'renewable', expiresAt }
  } catch {
    return { login: 'unreadable', expiresAt: null }
  }
}
