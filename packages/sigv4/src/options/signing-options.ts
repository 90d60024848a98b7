import { optionError } from '@outbound-auth/core/provider'
import type { AwsCredentials } from '../credentials/aws-credentials.js'
import { type ServicePreset, servicePreset } from './service-preset.js'
import { respelledRegion, respelledService } from './signing-name.js'

/** What stands for the body in the signature: its hash, no hash, or a literal (`STREAMING-…`, or a hash in hex). */
export type PayloadPolicy = 'signed' | 'unsigned' | (string & {})

/** Which headers are signed, besides host and x-amz-date: content-type, content-md5 and x-amz-*; those and more; or all that may be. */
export type SignedHeaders = 'minimal' | 'all' | readonly string[]

/** How to sign, without whose credentials. What is left out follows the service's preset. */
export interface SigningPolicy {
  /** Signing name of the service: `s3`, `bedrock`, `execute-api`, … Never guessed from the host. */
  readonly service: string
  /** Region of the service: `us-east-1`. Never guessed from the host. */
  readonly region: string
  /** Instant of the signature. @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /** Collapse `//` and resolve dot segments in the signed path. @default true, but for S3 */
  readonly normalizePath?: boolean | undefined
  /** Escape the path of the wire once more in the signed path. @default true, but for S3 */
  readonly doubleEncodePath?: boolean | undefined
  /** Send and sign `x-amz-content-sha256`. @default true for S3, Glacier, OpenSearch Serverless, VPC Lattice and any payload that is not signed */
  readonly contentSha256Header?: boolean | undefined
  /** @default 'signed', and 'unsigned' for VPC Lattice */
  readonly payload?: PayloadPolicy | undefined
  /** Whether a session token is signed or added afterwards. @default 'signed', but for iotdevicegateway */
  readonly sessionToken?: 'signed' | 'after-signing' | undefined
  /**
   * Proxies rewrite other headers, and one that is signed and rewritten breaks the signature; so few are signed unless told
   * otherwise.
   *
   * @default 'minimal'
   */
  readonly signedHeaders?: SignedHeaders | undefined
}

/** Options of {@link signRequest}. */
export interface SigningOptions extends SigningPolicy {
  /** The same object each time finds its derived key again. A session token is used only if it is in here. */
  readonly credentials: AwsCredentials
}

/** @internal */
export interface SigningPlan extends Omit<ServicePreset, 'payload' | 'presignPayload'> {
  /** A literal, or undefined: the body's own hash. */
  readonly payloadHash: string | undefined
  /** S3 Express has names of its own for its session token. */
  readonly tokenHeader: string
  readonly tokenParameter: string
}

const scopePart = /^[\w.-]+$/
const flags = ['normalizePath', 'doubleEncodePath', 'contentSha256Header'] as const

/** @internal Preset and options in one. @throws TypeError when an option is malformed; its value is not in the error */
export function signingPlan(options: SigningPolicy, isPresign: boolean): SigningPlan {
  const { service, region, payload: wished } = options
  // Undefined would pass as the text "undefined".
  if (typeof service !== 'string' || !scopePart.test(service))
    throwInvalid('service', 'service is empty or malformed')
  if (typeof region !== 'string' || !scopePart.test(region))
    throwInvalid('region', 'region is empty or malformed')
  const rightService = respelledService(service)
  if (rightService)
    throwInvalid('service', `service ${service} signs as ${rightService}: write service: '${rightService}'`)
  const rightRegion = respelledRegion(region)
  if (rightRegion)
    throwInvalid('region', `region ${region} is spelled ${rightRegion}: write region: '${rightRegion}'`)
  for (const name of flags) {
    const flag = options[name]
    if (flag !== undefined && typeof flag !== 'boolean') throwInvalid(name, `${name} must be true or false`)
  }
  const { sessionToken, signedHeaders = 'minimal' } = options
  if (sessionToken !== undefined && sessionToken !== 'signed' && sessionToken !== 'after-signing')
    throwInvalid(
      'sessionToken',
      "sessionToken must be 'signed' or 'after-signing'; the token itself belongs in credentials",
    )
  if (signedHeaders !== 'minimal' && signedHeaders !== 'all' && !isNameList(signedHeaders))
    throwInvalid('signedHeaders', "signedHeaders must be 'minimal', 'all' or a list of header names")
  const preset = servicePreset(service)
  const payload = wished ?? (isPresign ? preset.presignPayload : preset.payload)
  const isExpress = service === 's3express'
  const isSigned = payload === 'signed'
  if (!isSigned && payload !== 'unsigned' && !/^([0-9a-f]{64}|[A-Z0-9-]{10,80})$/.test(payload))
    throwInvalid('payload', 'payload is neither signed, unsigned, a STREAMING literal nor a SHA-256 in hex')
  // A service that expects something else than it gets needs the header to know.
  const isHash = isSigned || payload.length === 64
  return {
    normalizePath: options.normalizePath ?? preset.normalizePath,
    doubleEncodePath: options.doubleEncodePath ?? preset.doubleEncodePath,
    contentSha256Header:
      options.contentSha256Header ??
      (isPresign
        ? preset.payload === 'unsigned' || isHash !== (preset.presignPayload === 'signed')
        : preset.contentSha256Header || !isHash),
    dropsUnderscores: preset.dropsUnderscores,
    sessionToken: sessionToken ?? preset.sessionToken,
    tokenHeader: isExpress ? 'x-amz-s3session-token' : 'x-amz-security-token',
    tokenParameter: isExpress ? 'X-Amz-S3session-Token' : 'X-Amz-Security-Token',
    payloadHash: isSigned ? undefined : payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : payload,
  }
}

const optionNames: ReadonlySet<string> = /* @__PURE__ */ new Set([
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
  'expiresInMs',
])

/**
 * @internal Rejects options that no function of signing has. One object may serve all of them. It is a loop of its own,
 * because it runs for each signature.
 *
 * @throws TypeError
 */
export function checkSigningOptions(name: string, options: SigningPolicy): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${name}: options must be an object`)
  for (const option in options) {
    if (!optionNames.has(option))
      throw new TypeError(
        `${name}: unknown option ${JSON.stringify(option)}; it has ${[...optionNames].join(', ')}`,
      )
  }
}

function isNameList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string' && /^[!#-'*+.^`|~\w-]+$/.test(name))
  )
}

function throwInvalid(option: string, why: string): never {
  throw optionError(`Cannot sign request: ${why}`, option)
}
