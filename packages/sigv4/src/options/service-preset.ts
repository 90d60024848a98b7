/** How a family of AWS services wants its requests signed. */
export interface ServicePreset {
  /** Collapse `//` and resolve dot segments in the signed path. */
  readonly normalizePath: boolean
  /** Escape the path of the wire once more in the signed path. */
  readonly doubleEncodePath: boolean
  /** Send and sign `x-amz-content-sha256`. */
  readonly contentSha256Header: boolean
  /** What stands for the body in the signature. */
  readonly payload: 'signed' | 'unsigned'
  /** The same for a presigned URL, whose body its user chooses. */
  readonly presignPayload: 'signed' | 'unsigned'
  /** Leave out headers with `_` in their names: the service's front door drops them, and a signature over one would fail. */
  readonly dropsUnderscores: boolean
  /** Whether the session token is part of what is signed, or is added afterwards. */
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

/** The front door of Amazon Bedrock drops headers with `_` in their names before it verifies the signature. */
const frontDoor: ServicePreset = { ...standard, dropsUnderscores: true }

const presets: ReadonlyMap<string, ServicePreset> = /* @__PURE__ */ new Map([
  ['s3', objectStore],
  ['s3express', objectStore],
  ['s3-outposts', objectStore],
  ['s3-object-lambda', objectStore],
  ['glacier', bodyHashSent],
  ['aoss', bodyHashSent],
  ['vpc-lattice-svcs', { ...bodyHashSent, payload: 'unsigned', presignPayload: 'unsigned' }],
  ['bedrock', frontDoor],
  ['bedrock-mantle', frontDoor],
  ['iotdevicegateway', { ...standard, sessionToken: 'after-signing' }],
])

/**
 * What signing does for a service when no option says otherwise. Every service that is not S3-like, among them
 * execute-api and lambda, takes the standard form.
 *
 * @param service the signing name, which need not be the host's: bedrock-runtime hosts sign as `bedrock`
 */
export function servicePreset(service: string): ServicePreset {
  return presets.get(service) ?? standard
}
