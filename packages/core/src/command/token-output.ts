import type { AccessToken } from '../cache/cached-token.js'
import { jwtExpiresAt } from '../cache/jwt-dates.js'
import { AuthError } from '../contract/auth-error.js'

type Json = Readonly<Record<string, unknown>>

/** Where tools put the token: the names lead from the outer object to the string. */
const tokenPlaces: readonly (readonly string[])[] = [
  ['token'],
  ['access_token'],
  ['accessToken'],
  // ExecCredential and TokenRequest of Kubernetes.
  ['status', 'token'],
  // `gcloud config config-helper`.
  ['credential', 'access_token'],
  // A login of Vault.
  ['auth', 'client_token'],
  // `aws codeartifact get-authorization-token`.
  ['authorizationToken'],
]

/**
 * Where tools put the expiry, beside the token. The first that is there decides: Azure's `expires_on` has a zone,
 * `expiresOn` has none.
 */
const instantNames = [
  'expires_on',
  'expiresOn',
  'expiresAt',
  'expires_at',
  'expirationTimestamp',
  'token_expiry',
  'expiry',
  'expiration',
] as const

/** Names of a life in seconds, from when the token was issued. */
const lifeNames = ['expires_in', 'lease_duration'] as const

/**
 * @internal Reads what a credential command printed: a bare token, or the JSON of a known tool.
 *
 * @param label begins the error's sentence; it names the command
 * @param startedAtMs when the command was started: a life that the output names began no earlier
 * @throws AuthError `ERR_AUTH_COMMAND_OUTPUT` (build), without anything of the output
 */
export function readTokenOutput(output: string, label: string, startedAtMs: number): AccessToken {
  if (!/^[{["]/.test(output)) {
    if (/[\r\n]/.test(output)) throw outputError(`${label} wrote several lines; one token was expected`)
    return { token: output }
  }
  const json = parseJson(output)
  if (json === undefined) throw outputError(`${label} wrote text that begins like JSON and is not valid JSON`)
  // A tool with a query for one property prints a JSON string.
  if (typeof json === 'string' && json !== '') return { token: json }
  if (!isObject(json))
    throw outputError(`${label} wrote JSON that is neither an object nor a token in quotes`)
  const found = findToken(json)
  if (!found) throw outputError(`${label} wrote ${missing(json)}`)
  const { token, beside } = found
  const expiresAt = findExpiry(beside, token, label) ?? endOfLife(beside, startedAtMs)
  return expiresAt ? { token, expiresAt } : { token }
}

/** @internal */
export function outputError(message: string, cause?: unknown): AuthError {
  return AuthError.build(message, { code: 'ERR_AUTH_COMMAND_OUTPUT', cause })
}

function findToken(json: Json): { readonly token: string; readonly beside: Json } | undefined {
  for (const place of tokenPlaces) {
    let beside: unknown = json
    for (const name of place.slice(0, -1)) beside = isObject(beside) ? member(beside, name) : undefined
    if (!isObject(beside)) continue
    const token = member(beside, place.at(-1) ?? '')
    if (typeof token === 'string' && token !== '') return { token, beside }
  }
  return undefined
}

/** Says why JSON has no token. */
function missing(json: Json): string {
  if (typeof member(json, 'AccessKeyId') === 'string')
    return 'AWS keys, which are no token: use sigV4Auth of @outbound-auth/sigv4'
  if (member(json, 'kind') === 'ExecCredential')
    return 'an ExecCredential without a token; a client certificate cannot be used'
  return `JSON without a string "token", nor one in ${tokenPlaces
    .slice(1)
    .map((place) => place.join('.'))
    .join(', ')}; pass parse for another shape`
}

function findExpiry(json: Json, token: string, label: string): Date | undefined {
  for (const name of instantNames) {
    const value = member(json, name)
    if (value === undefined || value === null) continue
    // Azure's CLI prints the local time of this machine, without a zone.
    const local = name === 'expiresOn' ? localTime(value) : undefined
    const end = (local && jwtExpiresAt(token)) ?? local ?? instantOf(value, name.includes('_'))
    if (Number.isNaN(end.getTime())) {
      throw outputError(
        `${label} wrote JSON whose "${name}" is neither a time with a zone (RFC 3339) nor epoch seconds or milliseconds`,
      )
    }
    // The zero times of several languages mean that no expiry is known.
    return end.getTime() > 0 ? end : undefined
  }
  return undefined
}

/** A life of 0, or one that is no number, tells nothing. */
function endOfLife(json: Json, startedAtMs: number): Date | undefined {
  for (const name of lifeNames) {
    const value = member(json, name)
    const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof seconds !== 'number' || !(seconds > 0)) continue
    const end = new Date(startedAtMs + seconds * 1000)
    if (!Number.isNaN(end.getTime())) return end
  }
  return undefined
}

/** Seconds reach this number in the year 5138, milliseconds did so in 1973. */
const firstMilliseconds = 1e11
const zoned = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:[.,](\d+))? ?(Z|UTC|GMT|[+-]\d\d)(?::?(\d\d))?$/i
const unzoned = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?$/

/**
 * Strict, since a wrong expiry keeps a dead token: a time without a zone would be another one on each machine.
 *
 * @param allowsDigits whether epoch seconds may come as a string: the managed identities of Azure do that
 * @returns an invalid date when the value is not an instant
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
function instantOf(value: unknown, allowsDigits: boolean): Date {
  if (typeof value === 'number') return new Date(value < firstMilliseconds ? value * 1000 : value)
  // Google's Python library: a time in UTC, in parts and as text.
  if (isObject(value)) return instantOf(`${member(value, 'datetime')}Z`, false)
  if (typeof value !== 'string') return new Date(Number.NaN)
  if (allowsDigits && /^\d{1,16}$/.test(value)) return instantOf(Number(value), false)
  const [, date, time, seconds = ':00', fraction = '0', zone = '', minutes = '00'] = zoned.exec(value) ?? []
  const offset = /[a-z]/i.test(zone) ? 'Z' : `${zone}:${minutes}`
  return new Date(date ? `${date}T${time}${seconds}.${fraction.slice(0, 3)}${offset}` : Number.NaN)
}

function localTime(value: unknown): Date | undefined {
  const [, date, time, fraction = '0'] = unzoned.exec(String(value)) ?? []
  return date ? new Date(`${date}T${time}.${fraction.slice(0, 3)}`) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Never what an object inherits. */
function member(json: Json, name: string): unknown {
  return Object.hasOwn(json, name) ? json[name] : undefined
}
