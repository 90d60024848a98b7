import type { AuthProvider, AuthRequest } from '@outbound-auth/core'
import { finalBodyLater, loadPart } from '@outbound-auth/core/exchange'
import { checkOptions } from '@outbound-auth/core/provider'
import { bodyHash } from '#sha256'
import { type SigningPlan, signingPlan } from '../options/signing-options.js'
import type { SigV4AuthOptions } from '../options/sigv4-auth-options.js'
import { clockSkew } from './clock-skew.js'
import { type Signing, sign } from './signing.js'
import { signingCredentials } from './signing-credentials.js'

/** The provider that {@link sigV4Auth} returns. */
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

/**
 * Signs the complete request with AWS Signature Version 4.
 *
 * A signature needs the whole body, so a stream is `ERR_AUTH_BODY` unless `payload` is not `'signed'`. Credentials of a
 * function are cached until their expiration and renewed in the background in the last five minutes. They are fetched
 * again when a service says that they are expired or unknown, or that the signature does not match although the clocks
 * agree. A wrong clock is corrected once from the `Date` of the service, and stays corrected.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) when the credentials are malformed; explicit credentials are checked
 * at once. At request time, `ERR_AUTH_NO_RENEWAL` (build) when explicit credentials have expired
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 * @example
 * const auth = sigV4Auth({ service: 'bedrock', region: 'us-east-1', credentials: awsCredentials() })
 */
export function sigV4Auth(options: SigV4AuthOptions): SigV4Auth {
  const checked = checkOptions('sigV4Auth', options, optionNames)
  const plan = signingPlan(checked, false)
  if (checked.credentials === 'anonymous') return anonymousAuth()
  const skew = clockSkew(checked.now ?? (() => new Date()))
  const credentials = signingCredentials(checked, skew.now)
  return {
    kind,
    headerNames,
    requiresBody: plan.payloadHash === undefined,
    recoverStatuses: [400, 401, 403],
    expiresAt: credentials.expiresAt,
    addAuthHeaders() {
      // A signature needs the complete request.
    },
    async applyAuth(request, applyOptions) {
      const signing = await credentials.optionsFor(request, applyOptions)
      const hash = plan.payloadHash === undefined ? await payloadHashOf(request) : undefined
      const { method, headers } = request
      const signed = sign({ method, url: resolvedUrl(request.url), headers }, signing, undefined, hash)
      return withSignature(request, signed, plan)
    },
    async recover(rejection, applyOptions) {
      const { recoverSignature } = await loadPart(() => import('./recover-signature.js'))
      return recoverSignature(rejection, applyOptions, skew, credentials)
    },
  }
}

function anonymousAuth(): SigV4Auth {
  return {
    kind,
    headerNames: [],
    addAuthHeaders() {},
    async applyAuth(request) {
      for (const name of headerNames) request.headers.delete(name)
      return request
    },
  }
}

async function payloadHashOf(request: AuthRequest): Promise<string | undefined> {
  const { body } = request
  if (body === undefined) return undefined
  const isFinal = typeof body === 'string' || body instanceof Uint8Array
  return bodyHash(isFinal ? body : await serialize(request))
}

/** Adapters pass final bytes. A direct call of `applyAuth` may pass a form or a Blob, which is read here. */
async function serialize(request: AuthRequest): Promise<string | Uint8Array> {
  const { body = '', contentType } = await finalBodyLater(request.body, kind)
  if (contentType !== undefined && !request.headers.has('content-type'))
    request.headers.set('content-type', contentType)
  request.body = body
  return body
}

/** A URL with dot segments, backslashes or line breaks, as `fetch` sends it: `sign` leaves them. */
function resolvedUrl(url: string): string {
  const isResolvable = /[/\\](\.|%2e)|[\\\t\r\n]/i.test(url) && URL.canParse(url)
  return isResolvable ? new URL(url).href : url
}

function withSignature(request: AuthRequest, signed: Signing, plan: SigningPlan): AuthRequest {
  const { headers } = request
  for (const name of headerNames) {
    const value = signed.headers[name]
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  // These headers are not signed, because the service's proxy drops them.
  if (plan.dropsUnderscores) for (const [name] of [...headers]) if (name.includes('_')) headers.delete(name)
  request.method = signed.method
  request.url = signed.url
  return request
}
