import { checkOptions, invalidOption, optionError, valueInWords } from '@outbound-auth/core/provider'
import type { AwsCredentials } from '../credentials/aws-credentials.js'
import { type ServicePreset, servicePreset } from './service-preset.js'
import { respelledRegion, respelledService } from './signing-name.js'

/**
 * How the signature covers the body. `signed`: by the SHA-256 of the body, so the body must be a string, bytes, a
 * `Blob` or a form. `unsigned`: not at all (`UNSIGNED-PAYLOAD`), so the body may be a stream, and whoever can change
 * the request can change the body; S3 allows that over https. Any other string is signed as it is: the SHA-256 of the
 * body in hex, or a `STREAMING-…` literal.
 */
export type PayloadPolicy = 'signed' | 'unsigned' | (string & {})

/**
 * The signed headers, besides host and x-amz-date. `minimal`: content-type, content-md5 and x-amz-*. A list: these and
 * the listed ones. `all`: every header that proxies and tracing agents do not change.
 */
export type SignedHeaders = 'minimal' | 'all' | readonly string[]

/** Options of a signature without the credentials. Defaults come from the preset of the service. */
export interface SigningPolicy {
  /** The signing name of the service: `s3`, `bedrock`, `execute-api`, … It is not guessed from the host. */
  readonly service: string
  /** The region of the service: `us-east-1`. It is not guessed from the host. */
  readonly region: string
  /** The time of the signature. @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /** Collapses `//` and resolves dot segments in the signed path. @default true, except for S3 */
  readonly normalizePath?: boolean | undefined
  /** Escapes the sent path again in the signed path. @default true, except for S3 */
  readonly doubleEncodePath?: boolean | undefined
  /**
   * Sends and signs `x-amz-content-sha256`.
   *
   * @default true for S3, Glacier, OpenSearch Serverless and VPC Lattice, and if the payload is not signed
   */
  readonly contentSha256Header?: boolean | undefined
  /**
   * How the signature covers the body: `'signed'` by its hash, `'unsigned'` not at all, so that the body may be a
   * stream; or the hash itself in hex, or a `STREAMING-…` literal.
   *
   * @default 'signed', except for VPC Lattice: 'unsigned'
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
   */
  readonly payload?: PayloadPolicy | undefined
  /** Whether a session token is signed, or added after signing. @default 'signed', except for iotdevicegateway */
  readonly sessionToken?: 'signed' | 'after-signing' | undefined
  /**
   * The signed headers. Proxies may rewrite a header, and a rewritten header breaks the signature if it is signed.
   *
   * @default 'minimal'
   */
  readonly signedHeaders?: SignedHeaders | undefined
}

/** Options of {@link signRequest}. */
export interface SigningOptions extends SigningPolicy {
  /**
   * The credentials. Pass the same object each time: its derived key is cached. A session token is used only if it is
   * part of the object.
   */
  readonly credentials: AwsCredentials
}

/** @internal The options of a signature, with their defaults. */
export interface SigningPlan extends Omit<ServicePreset, 'payload' | 'presignPayload'> {
  /** A literal; undefined for the hash of the body. */
  readonly payloadHash: string | undefined
  /** The header of the session token. S3 Express has its own name for it. */
  readonly tokenHeader: string
  /** The same for a presigned URL. */
  readonly tokenParameter: string
}

const scopePart = /^[\w.-]+$/
const flags = ['normalizePath', 'doubleEncodePath', 'contentSha256Header'] as const

/** @internal Checks the options, and adds the preset of the service. @throws TypeError without the malformed value */
export function signingPlan(options: SigningPolicy, isPresign: boolean): SigningPlan {
  const { service, region, payload: wished } = options
  // A regular expression turns undefined into the string "undefined".
  if (typeof service !== 'string' || !scopePart.test(service))
    throwInvalid(
      'service',
      `service is empty or malformed, got ${valueInWords(service)}. Write a signing name such as s3`,
    )
  if (typeof region !== 'string' || !scopePart.test(region))
    throwInvalid(
      'region',
      `region is empty or malformed, got ${valueInWords(region)}. Write a name such as us-east-1`,
    )
  const rightService = respelledService(service)
  if (rightService)
    throwInvalid('service', `service ${service} signs as ${rightService}: write service: '${rightService}'`)
  const rightRegion = respelledRegion(region)
  if (rightRegion)
    throwInvalid('region', `region ${region} is spelled ${rightRegion}: write region: '${rightRegion}'`)
  for (const name of flags) {
    const flag = options[name]
    if (flag !== undefined && typeof flag !== 'boolean')
      throwInvalid(name, `${name} must be true or false, got ${valueInWords(flag)}`)
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
    throwInvalid('payload', "payload must be 'signed', 'unsigned', a STREAMING literal or a SHA-256 in hex")
  // Only the header tells a service that the payload differs from its default.
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
    payloadHash: literalHash(payload),
  }
}

function literalHash(payload: PayloadPolicy): string | undefined {
  if (payload === 'signed') return undefined
  return payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : payload
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
 * @internal Rejects unknown options. One object may have the options of all signing functions. The loop is faster than
 * `checkOptions`, because it runs for each signature.
 *
 * @throws TypeError
 */
export function checkSigningOptions(name: string, options: SigningPolicy): void {
  if (typeof options !== 'object' || options === null)
    throw invalidOption(name, 'options', 'an object', options)
  for (const option in options) {
    if (!optionNames.has(option)) checkOptions(name, { [option]: undefined }, [...optionNames])
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
