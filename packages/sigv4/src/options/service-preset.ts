/** How requests to a family of AWS services are signed. */
export interface ServicePreset {
  /** Collapses `//` and resolves dot segments in the signed path. */
  readonly normalizePath: boolean
  /** Escapes the sent path again in the signed path. */
  readonly doubleEncodePath: boolean
  /** Sends and signs `x-amz-content-sha256`. */
  readonly contentSha256Header: boolean
  /** Whether the signature includes the hash of the body. */
  readonly payload: 'signed' | 'unsigned'
  /** The same for a presigned URL: the user of the URL chooses the body. */
  readonly presignPayload: 'signed' | 'unsigned'
  /** Leaves out headers with `_` in their names. The service's proxy drops them, so a signature over one would fail. */
  readonly dropsUnderscores: boolean
  /** Whether the session token is signed, or added after signing. */
  readonly sessionToken: 'signed' | 'after-signing'
}

const standard: ServicePreset = {
  normalizePath: true,
  doubleEncodePath: true,
  contentSha256Header: false,
  payload: 'signed',
  presignPayload: 'signed',
  dropsUnderscores: false,
  sessionToken: 'signed',
}

const objectStore: ServicePreset = {
  ...standard,
  normalizePath: false,
  doubleEncodePath: false,
  contentSha256Header: true,
  presignPayload: 'unsigned',
}

const bodyHashSent: ServicePreset = { ...standard, contentSha256Header: true }

/** The proxy of Amazon Bedrock drops headers with `_` in their names before it verifies the signature. */
const behindProxy: ServicePreset = { ...standard, dropsUnderscores: true }

const presets: ReadonlyMap<string, ServicePreset> = /* @__PURE__ */ new Map([
  ['s3', objectStore],
  ['s3express', objectStore],
  ['s3-outposts', objectStore],
  ['s3-object-lambda', objectStore],
  ['glacier', bodyHashSent],
  ['aoss', bodyHashSent],
  ['vpc-lattice-svcs', { ...bodyHashSent, payload: 'unsigned', presignPayload: 'unsigned' }],
  ['bedrock', behindProxy],
  ['bedrock-mantle', behindProxy],
  ['iotdevicegateway', { ...standard, sessionToken: 'after-signing' }],
])

/**
 * The defaults of the signing options for a service. Services that are not S3-like, such as execute-api and lambda,
 * have the standard defaults.
 *
 * @param service the signing name, which may differ from the host name: bedrock-runtime hosts sign as `bedrock`
 */
export function servicePreset(service: string): ServicePreset {
  return presets.get(service) ?? standard
}
