import { deriveKey, type HmacKey } from '#sha256'
import { type AwsCredentials, checkCredentials } from './aws-credentials.js'

/** @internal A derived key and what it was derived from. */
export interface SigningKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly date: string
  readonly region: string
  readonly service: string
  /** Date, region, service and terminator: the credential scope. */
  readonly scope: string
  readonly hmac: HmacKey
}

/**
 * The one module-level state of this package: a key lives as long as its owner's credentials object, and nobody else can
 * reach it. One object holds a few keys, for callers that sign for several services with it.
 */
const keysOf: WeakMap<AwsCredentials, SigningKey[]> = /* @__PURE__ */ new WeakMap()

const maxKeys = 8

/** @internal The signing key for a day, region and service. @throws AuthError `ERR_AUTH_CREDENTIAL` (build) */
export function signingKey(
  credentials: AwsCredentials,
  date: string,
  region: string,
  service: string,
): SigningKey {
  let keys = keysOf.get(credentials)
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  if (keys !== undefined) {
    for (const key of keys) {
      if (
        key.date === date &&
        key.service === service &&
        key.region === region &&
        key.secretAccessKey === secretAccessKey &&
        key.accessKeyId === accessKeyId &&
        key.sessionToken === sessionToken
      ) {
        return key
      }
    }
  }
  checkCredentials(credentials)
  if (keys === undefined) {
    keys = []
    keysOf.set(credentials, keys)
  }
  const derived = deriveKey(`AWS4${secretAccessKey}`, [date, region, service, 'aws4_request'])
  const scope = `${date}/${region}/${service}/aws4_request`
  const key = {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    date,
    region,
    service,
    scope,
    hmac: derived,
  }
  keys.unshift(key)
  keys.length = Math.min(keys.length, maxKeys)
  return key
}
