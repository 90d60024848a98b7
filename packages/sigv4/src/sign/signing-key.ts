import { optionError } from '@outbound-auth/core/provider'
import { deriveKey, type HmacKey } from '#sha256'
import { type AwsCredentials, checkCredentials } from '../credentials/aws-credentials.js'

/** @internal A derived key, its parts, and the time of the last signature. */
export interface SigningKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly date: string
  readonly region: string
  readonly service: string
  /** The credential scope: date, region, service and terminator. */
  readonly scope: string
  readonly hmac: HmacKey
  /** The time of the last signature, in seconds since 1970. */
  second: number
  /** The same in ISO 8601 basic format: `20150830T123600Z`. */
  dateTime: string
}

/**
 * The only module-level state of this package. Only the owner of a credentials object can reach its keys, and they live
 * as long as the object. An object has several keys, because a caller may sign for several services with it.
 */
const keysOf: WeakMap<AwsCredentials, SigningKey[]> = /* @__PURE__ */ new WeakMap()

const maxKeys = 8

/**
 * @internal The signing key for an instant, region and service.
 * @throws TypeError when `now` is not a valid date
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build)
 */
export function signingKey(
  credentials: AwsCredentials,
  now: Date,
  region: string,
  service: string,
): SigningKey {
  const second = Math.floor(now.getTime() / 1000)
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {}
  const keys = keysOf.get(credentials) ?? []
  const known = keys.filter(
    (key) =>
      key.service === service &&
      key.region === region &&
      key.secretAccessKey === secretAccessKey &&
      key.accessKeyId === accessKeyId &&
      key.sessionToken === sessionToken,
  )
  for (const key of known) if (key.second === second) return key
  if (Number.isNaN(second)) throw optionError('Cannot sign request: now must return a valid Date', 'now')
  const [date = '', time = ''] = now
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '')
    .split('T')
  const dateTime = `${date}T${time}`
  for (const key of known) {
    if (key.date === date) {
      key.second = second
      key.dateTime = dateTime
      return key
    }
  }
  checkCredentials(credentials)
  const hmac = deriveKey(`AWS4${secretAccessKey}`, [date, region, service, 'aws4_request'])
  const scope = `${date}/${region}/${service}/aws4_request`
  const key = {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    date,
    region,
    service,
    scope,
    hmac,
    second,
    dateTime,
  }
  keysOf.set(credentials, [key, ...keys].slice(0, maxKeys))
  return key
}
