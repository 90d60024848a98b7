import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, optionError } from '@outbound-auth/core/provider'
import type { SigningAlgorithm } from '../lib/sign-jwt.js'

/**
 * How a client proves to the token endpoint who it is. `basic` and `post` send the secret, `private-key-jwt` signs an
 * assertion, `assertion` sends one that somebody else signed, `mtls` relies on the certificate of the caller's
 * `fetch`, and `none` is for public clients.
 */
export type ClientAuthMethod = 'basic' | 'post' | 'private-key-jwt' | 'assertion' | 'mtls' | 'none'

/** Options that name a client and its authorization server, for every grant. */
export interface OauthClientOptions {
  /**
   * The server's issuer, for discovery: its metadata is fetched at the first exchange, and kept for an hour. Together
   * with `tokenEndpoint` nothing is fetched, and `issuer` is only the audience of assertions.
   */
  readonly issuer?: string | undefined
  /** URL of the token endpoint: https, or http on this machine. With it there is no discovery. */
  readonly tokenEndpoint?: string | undefined
  readonly clientId: string
  /**
   * How the client authenticates. The method is never changed silently: servers disagree on what they accept.
   *
   * @default what is given decides: `clientSecret` means `'basic'`, `privateKey` `'private-key-jwt'`,
   * `clientAssertion` `'assertion'`; without these `'none'`
   */
  readonly clientAuth?: ClientAuthMethod | undefined
  /**
   * The client's secret, or a function that gets it. The function is called for each exchange, and once more with
   * `forceRefresh` after the server has rejected the client. Of `clientSecret`, `privateKey` and `clientAssertion` at
   * most one is given.
   */
  readonly clientSecret?: string | TokenSource | undefined
  /**
   * The private key of `private-key-jwt`: PKCS#8 as PEM or base64, or a JWK as JSON text. A function is called for
   * each exchange.
   */
  readonly privateKey?: string | TokenSource | undefined
  /**
   * A client assertion (JWT) that another party issues. A function is called for each exchange, since most are good
   * for one.
   */
  readonly clientAssertion?: string | TokenSource | undefined
  /**
   * How assertions are signed.
   *
   * @default by the key: `'RS256'`, `'ES256'`, or `'EdDSA'` for Ed25519; `'Ed25519'` where the server's metadata
   * lists only that name
   */
  readonly algorithm?: SigningAlgorithm | undefined
  /** The `kid` of assertions. @default that of the JWK */
  readonly keyId?: string | undefined
  /** The `aud` of assertions, as one string. @default the issuer, else the token endpoint */
  readonly assertionAudience?: string | undefined
  /** Scopes, separated by spaces; sent as they are. */
  readonly scope?: string | undefined
  /** The API that the token is for; sent as it is, once for each entry. Entra rejects it: leave it out there. */
  readonly resource?: string | readonly string[] | undefined
  /** The API that the token is for, where a server wants `audience` (Auth0); sent as it is. */
  readonly audience?: string | undefined
  /** Further parameters of the token request, none of which this package sets itself. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /**
   * Time limit of one exchange, with discovery and retries, in milliseconds.
   *
   * @default 10000
   */
  readonly timeoutMs?: number | undefined
  /**
   * How long a token is kept if the server does not say when it expires, in milliseconds. The `exp` of a JWT goes
   * before.
   *
   * @default 3600000
   */
  readonly defaultLifetimeMs?: number | undefined
  /** Sends credentials over plain http to other machines: everybody on the way can read them. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /**
   * Sends the requests to the server; for `mtls` it brings the client's certificate. @default the platform's fetch
   */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
}

/** @internal */
export const clientOptionNames: readonly string[] = [
  'issuer',
  'tokenEndpoint',
  'clientId',
  'clientAuth',
  'clientSecret',
  'privateKey',
  'clientAssertion',
  'algorithm',
  'keyId',
  'assertionAudience',
  'scope',
  'resource',
  'audience',
  'parameters',
  'timeoutMs',
  'defaultLifetimeMs',
  'allowInsecureTransport',
  'fetch',
  'now',
]

/** @internal Options that have been checked, with their defaults. */
export interface OauthClient extends OauthClientOptions {
  /** The function that was called, for messages. */
  readonly factory: string
  readonly clientAuth: ClientAuthMethod
  readonly resources: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly defaultLifetimeMs: number
  readonly fetch: typeof globalThis.fetch
  readonly now: () => Date
}

/** Options that are strings, if they are given. */
const texts = [
  'issuer',
  'tokenEndpoint',
  'clientId',
  'keyId',
  'assertionAudience',
  'scope',
  'audience',
] as const
const proofs = ['clientSecret', 'privateKey', 'clientAssertion'] as const
const neededBy: Readonly<Record<ClientAuthMethod, (typeof proofs)[number] | undefined>> = {
  basic: 'clientSecret',
  post: 'clientSecret',
  'private-key-jwt': 'privateKey',
  assertion: 'clientAssertion',
  mtls: undefined,
  none: undefined,
}
const defaultMethods = {
  clientSecret: 'basic',
  privateKey: 'private-key-jwt',
  clientAssertion: 'assertion',
} as const

/** Parameters that this package sets itself. */
const ownParameters =
  /^(grant_type|client_(id|secret|assertion|assertion_type)|scope|resource|audience|assertion|(subject|actor)_token(_type)?|requested_token_type|refresh_token|code|code_verifier|redirect_uri|device_code)$/

/** @internal @throws TypeError when an option is malformed; its property `option` names which */
export function checkClient<T extends OauthClientOptions>(
  factory: string,
  options: T,
  furtherNames: readonly string[] = [],
): T & OauthClient {
  const checked = checkOptions(factory, options, [...clientOptionNames, ...furtherNames])
  const invalid = (option: string, what: string) => optionError(`${factory}: ${option} ${what}`, option)
  const { issuer, tokenEndpoint, algorithm, resource = [], parameters = {} }: OauthClientOptions = checked
  if (issuer === undefined && tokenEndpoint === undefined)
    throw invalid('issuer', 'or tokenEndpoint is missing: one of them says where tokens come from')
  for (const option of texts) {
    const value: unknown = checked[option]
    const isMissing = value === undefined && option !== 'clientId'
    if (!isMissing && (typeof value !== 'string' || value === ''))
      throw invalid(option, 'must be a string that is not empty')
  }
  const given = proofs.filter((option) => checked[option] !== undefined)
  const [first, second] = given
  if (second) throw invalid(second, `must not stand beside ${first}: a client proves itself in one way`)
  for (const option of given) {
    const value: unknown = checked[option]
    if (typeof value !== 'function' && (typeof value !== 'string' || value.trim() === ''))
      throw invalid(option, 'must be a function or a string that is not empty')
  }
  const { clientAuth = first ? defaultMethods[first] : 'none' } = checked
  if (!Object.hasOwn(neededBy, clientAuth))
    throw invalid('clientAuth', `must be one of ${Object.keys(neededBy).join(', ')}`)
  if (neededBy[clientAuth] !== first)
    throw invalid(
      'clientAuth',
      `${clientAuth} needs ${neededBy[clientAuth] ?? 'no secret, key or assertion'}, got ${first ?? 'none'}`,
    )
  if (clientAuth === 'mtls' && checked.fetch === undefined)
    throw invalid('fetch', "is missing: with clientAuth 'mtls' it brings the client's certificate")
  if (algorithm !== undefined && !/^(ES256|RS256|EdDSA|Ed25519)$/.test(algorithm))
    throw invalid('algorithm', 'must be one of ES256, RS256, EdDSA, Ed25519')
  const resources: readonly unknown[] = [resource].flat()
  if (resources.some((entry) => typeof entry !== 'string' || entry === ''))
    throw invalid('resource', 'must be a string or a list of strings that are not empty')
  if (
    Object(parameters) !== parameters ||
    Object.values(parameters).some((value) => typeof value !== 'string')
  )
    throw invalid('parameters', 'must be an object of strings')
  const reserved = Object.keys(parameters).find((name) => ownParameters.test(name))
  if (reserved) throw invalid('parameters', `must not hold ${reserved}, which ${factory} sets itself`)
  // A copy that inherits nothing: a polluted Object.prototype adds no option.
  return Object.assign(checked, {
    factory,
    clientAuth,
    resources: resources as readonly string[],
    parameters: { ...parameters },
    timeoutMs: checked.timeoutMs ?? 10_000,
    defaultLifetimeMs: checked.defaultLifetimeMs ?? 3_600_000,
    fetch: checked.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: checked.now ?? (() => new Date()),
  })
}
