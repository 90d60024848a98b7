import {
  type ApplyAuthOptions,
  type AuthObserver,
  type AuthProvider,
  type AuthRejection,
  type AuthRequest,
  cachedCredential,
  checkOptions,
  type SourceOptions,
} from '@outbound-auth/core'
import { finalBodyLater, loadPart } from '@outbound-auth/core/exchange'
import { bodyHash, sha256Hex } from '#sha256'
import { type AwsCredentials, checkCredentials, checkExpiration } from './aws-credentials.js'
import { clockSkew } from './clock-skew.js'
import { sign } from './signing.js'
import { type SigningOptions, type SigningPolicy, signingPlan } from './signing-options.js'

/** Options of {@link sigV4Auth}. */
export interface SigV4AuthOptions extends SigningPolicy {
  /**
   * Credentials, a function that gets them, or `'anonymous'` for requests that are sent unsigned on purpose. Explicit
   * credentials are used as they are: no session token is picked up from the environment.
   */
  readonly credentials:
    | AwsCredentials
    | ((options: SourceOptions) => AwsCredentials | Promise<AwsCredentials>)
    | 'anonymous'
  /**
   * How long credentials of a function are kept, in milliseconds; 0 keeps them until they are refused.
   *
   * @default their expiration decides; without one the function is called for each request
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Time limit of one call of the function, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Is called with the promise of a renewal that begins in the background, so that the runtime lets it end: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}

/** What {@link sigV4Auth} makes. */
export interface SigV4Auth extends AuthProvider {
  readonly kind: 'sigv4'
}

const kind = 'sigv4'
const optionNames = [
  'service',
  'region',
  'credentials',
  'now',
  'normalizePath',
  'doubleEncodePath',
  'contentSha256Header',
  'payload',
  'sessionToken',
  'signedHeaders',
  'refreshIntervalMs',
  'timeoutMs',
  'waitUntil',
  'observer',
]
const headerNames = [
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-s3session-token',
  'x-amz-content-sha256',
]

/** Renewal begins five minutes before the expiration, as in the AWS SDKs. */
const refreshAheadMs = 300_000

/**
 * Signs the complete request with AWS Signature Version 4.
 *
 * It needs the whole body, so a stream is refused unless `payload` is not `'signed'`. Credentials of a function are cached
 * until their expiration, renewed in the background in the last five minutes, and fetched anew when a service answers that they
 * are expired or unknown, or that the signature does not match although the clocks agree. A clock that is off is corrected once
 * from the service's `Date`, and stays corrected.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) when the credentials are none; explicit ones are checked at once.
 * At request time, `ERR_AUTH_EXPIRED` (build) when explicit ones have expired
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 * @example
 * const auth = sigV4Auth({ service: 'bedrock', region: 'us-east-1', credentials: awsCredentials() })
 */
export function sigV4Auth(options: SigV4AuthOptions): SigV4Auth {
  const own = checkOptions('sigV4Auth', options, optionNames)
  const { credentials, now, refreshIntervalMs, timeoutMs, observer } = own
  const plan = signingPlan(own, false)
  const clock = now ?? (() => new Date())
  const skew = clockSkew(clock)
  const isAnonymous = credentials === 'anonymous'
  /** Inherits nothing, as `own`. */
  const signingWith = (current: AwsCredentials): SigningOptions =>
    Object.assign(Object.create(null), own, { now: skew.now, credentials: current })
  const cache =
    typeof credentials === 'function'
      ? cachedCredential<SigningCredential>({
          kind,
          async source(request) {
            const current = await credentials(request)
            checkCredentials(current)
            const id = digestOf(current)
            return { value: { id, signing: signingWith(current) }, id, expiresAt: current.expiration }
          },
          refreshIntervalMs,
          refreshAheadMs,
          timeoutMs,
          // A wrong Date of a service does little harm here: what it makes look expired is sent all the same.
          now: skew.now,
          waitUntil:
            own.waitUntil ?? (credentials as { waitUntil?: SigV4AuthOptions['waitUntil'] }).waitUntil,
          observer,
        })
      : undefined
  if (cache === undefined && !isAnonymous) checkCredentials(credentials as AwsCredentials)
  const literal = signingWith(credentials as AwsCredentials)
  /** With which credentials a request was signed: the request shows neither the secret nor its change. */
  const signers = new WeakMap<AuthRequest, string>()
  /** The credentials that signed last. */
  let latest: SigningCredential | undefined

  async function optionsFor(
    request: AuthRequest,
    applyOptions: ApplyAuthOptions | undefined,
  ): Promise<SigningOptions> {
    if (cache === undefined) {
      // Not by a corrected clock: one wrong Date would be the end of it.
      checkExpiration(literal.credentials, clock())
      return literal
    }
    latest = await cache.get(applyOptions)
    signers.set(request, latest.id)
    return latest.signing
  }

  /** The `id` of the credentials that signed a rejected request. A copy of the request is taken for one of the latest, if its key is theirs. */
  function signerOf({ request }: AuthRejection): string | undefined {
    const shown = shownIdentity(request)
    const known = signers.get(request)
    return known ?? (latest && shown === identityOf(latest.signing.credentials) ? latest.id : shown)
  }

  return {
    kind,
    headerNames: isAnonymous ? [] : headerNames,
    requiresBody: plan.payloadHash === undefined && !isAnonymous,
    recoverStatuses: [400, 401, 403],
    addAuthHeaders() {
      // A signature needs the complete request.
    },
    async applyAuth(request, applyOptions) {
      const { headers } = request
      if (isAnonymous) {
        for (const name of headerNames) headers.delete(name)
        return request
      }
      const current = await optionsFor(request, applyOptions)
      let payloadHash: string | undefined
      if (plan.payloadHash === undefined && request.body !== undefined) {
        const { body } = request
        const hash = bodyHash(
          typeof body === 'string' || body instanceof Uint8Array ? body : await serialise(request),
        )
        payloadHash = typeof hash === 'string' ? hash : await hash
      }
      const isMovable = movable.test(request.url) && URL.canParse(request.url)
      const url = isMovable ? new URL(request.url).href : request.url
      const signed = sign({ method: request.method, url, headers }, current, undefined, payloadHash)
      for (const name of headerNames) {
        const value = signed.headers[name]
        if (value === undefined) headers.delete(name)
        else headers.set(name, value)
      }
      // What the service's front door would drop was not signed either.
      if (plan.dropsUnderscores)
        for (const [name] of [...headers]) if (name.includes('_')) headers.delete(name)
      request.method = signed.method
      request.url = signed.url
      return request
    },
    async recover(rejection, applyOptions) {
      const offsetMs = rejection.attempt === 0 ? skew.offsetFor(rejection) : undefined
      // A body may be long in coming, so nobody waits for one that can change nothing.
      if (cache === undefined && offsetMs === undefined) return false
      const { complaintOf } = await loadPart(() => import('./refusal-code.js'))
      const complaint = await complaintOf(rejection)
      if (complaint === undefined) return false
      if (complaint !== 'credential' && offsetMs !== undefined) {
        skew.learn(offsetMs)
        return true
      }
      if (complaint === 'time') return false
      return cache?.recover(signerOf(rejection), rejection.attempt, applyOptions) ?? false
    },
  }
}

/** What a URL parser changes and signing would not: dot segments, backslashes, line breaks. */
const movable = /[/\\](\.|%2e)|[\\\t\r\n]/i

/** The engine gives final bytes; whoever calls `applyAuth` without it gets the same from here. */
async function serialise(request: AuthRequest): Promise<string | Uint8Array> {
  const { body = '', contentType } = await finalBodyLater(request.body, kind)
  if (contentType !== undefined && !request.headers.has('content-type'))
    request.headers.set('content-type', contentType)
  request.body = body
  return body
}

/** Credentials, ready to sign. */
interface SigningCredential {
  readonly id: string
  readonly signing: SigningOptions
}

/** Tells credentials apart, the secret included: some services give a new secret to an old key id. */
function digestOf({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): string {
  return sha256Hex(JSON.stringify([accessKeyId, secretAccessKey, sessionToken]))
}

/** What a signed request shows of its credentials. */
function identityOf({ accessKeyId, sessionToken }: AwsCredentials): string {
  return `${accessKeyId} ${sessionToken ?? ''}`
}

/** The same of a request that was sent. */
function shownIdentity({ headers }: AuthRequest): string | undefined {
  const accessKeyId = / Credential=([^/]+)\//.exec(headers.get('authorization') ?? '')?.[1]
  const token = headers.get('x-amz-security-token') ?? headers.get('x-amz-s3session-token')
  return accessKeyId && identityOf({ accessKeyId, secretAccessKey: '', sessionToken: token ?? undefined })
}
