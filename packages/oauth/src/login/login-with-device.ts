import { AuthError } from '@outbound-auth/core'
import { ownProperties, pause, untilAborted } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient } from '../client/oauth-options.js'
import { targetPairs } from '../grant/token-grant.js'
import { buildError } from '../lib/oauth-error.js'
import { endpointUrl } from '../server/endpoint-url.js'
import type { KnownServer, TokenExchanger } from '../server/exchange.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { askAsClient } from './ask-as-client.js'
import { type LoginOptions, type LoginResult, loginError, loginResult } from './login-result.js'

/** The code that the user types in, and where. */
export interface DeviceCode {
  /** The code to type in; printable ASCII. */
  readonly userCode: string
  /** The page to open: https, or http on this machine. */
  readonly verificationUri: string
  /** The same with the code in it, for a link or a QR code. */
  readonly verificationUriComplete?: string | undefined
  readonly expiresAt: Date
}

/** Options of {@link loginWithDevice}. */
export interface LoginWithDeviceOptions extends LoginOptions {
  /** Shows the code to the user. */
  readonly onCode: (code: DeviceCode) => void | Promise<void>
  /** Needed with `tokenEndpoint` and without discovery. @default that of the metadata */
  readonly deviceAuthorizationEndpoint?: string | undefined
}

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'

/**
 * Logs a user in on another device: shows a code, and waits until the user has typed it in (device flow).
 *
 * Put the result into a store for `rotatingToken`.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_OAUTH_LOGIN` (build) when the user says no or the code expires,
 * `ERR_AUTH_OAUTH_METADATA` (build) when the server has no such flow, and those of `clientCredentials`; an abort
 * rejects with `signal.reason`
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @example
 * const login = await loginWithDevice({
 *   issuer: 'https://login.example.com',
 *   clientId: 'cli',
 *   onCode: ({ userCode, verificationUri }) => console.error(`Open ${verificationUri} and type ${userCode}`),
 * })
 * await store.update(() => login)
 */
export async function loginWithDevice(options: LoginWithDeviceOptions): Promise<LoginResult> {
  const names = ['signal', 'onCode', 'deviceAuthorizationEndpoint']
  const client = checkClient('loginWithDevice', options, names)
  const { onCode, signal = new AbortController().signal } = client
  if (typeof onCode !== 'function') throw new TypeError('loginWithDevice: onCode must be a function')
  signal.throwIfAborted()
  const exchanger = tokenExchanger(client)
  const server = await exchanger.server(signal)
  const { deviceCode, intervalMs, ...code } = await askForCode(client, server, signal)
  // Some functions that show a code return when the user closes a window, so nothing waits for them.
  const limit = new AbortController()
  const shown = Promise.resolve(onCode(code))
  const polling = { deviceCode, intervalMs, endsAt: code.expiresAt, now: client.now }
  const polled = poll(exchanger, { ...polling, signal: AbortSignal.any([signal, limit.signal]) })
  try {
    const granted = await untilAborted(Promise.race([polled, shown.then(() => polled)]), signal)
    return loginResult(granted, server.issuer)
  } finally {
    limit.abort()
    // After a failure of `onCode` nobody waits for the end of the polling.
    polled.catch(() => {})
  }
}

interface AskedCode extends DeviceCode {
  readonly deviceCode: string
  readonly intervalMs: number
}

async function askForCode(
  client: OauthClient & LoginWithDeviceOptions,
  server: KnownServer,
  signal: AbortSignal,
): Promise<AskedCode> {
  const alias = client.clientAuth === 'mtls' ? server.mtlsDeviceAuthorizationEndpoint : undefined
  const endpoint = client.deviceAuthorizationEndpoint ?? alias ?? server.deviceAuthorizationEndpoint
  const { status, ok, json, fault } = await askAsClient(client, server, {
    name: 'deviceAuthorizationEndpoint',
    words: 'device authorization',
    endpoint,
    pairs: [...targetPairs(client), ...Object.entries(client.parameters)],
    signal,
  })
  const { origin } = new URL(String(endpoint))
  if (!ok)
    throw buildError(
      'ERR_AUTH_OAUTH_REFUSED',
      `The device authorization endpoint of ${origin} rejected the request: status ${status}`,
    )
  const found = fault === undefined ? ownProperties(json) : undefined
  const code = found && readCode(found, client)
  if (!code)
    throw buildError(
      'ERR_AUTH_OAUTH_RESPONSE',
      `The response of the device authorization endpoint of ${origin} has no codes that can be used`,
    )
  return code
}

/** A code is shown on a terminal, so it must be plain text; undefined for any other. */
function readCode(
  json: Readonly<Record<string, unknown>>,
  { now, allowInsecureTransport }: OauthClient,
): AskedCode | undefined {
  const { device_code: deviceCode, user_code: userCode, verification_uri: uri } = json
  if (typeof deviceCode !== 'string' || deviceCode === '') return undefined
  if (typeof userCode !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(userCode)) return undefined
  const complete = json['verification_uri_complete']
  return {
    deviceCode,
    userCode,
    verificationUri: endpointUrl('verification_uri', uri, allowInsecureTransport).href,
    ...(complete !== undefined && {
      verificationUriComplete: endpointUrl('verification_uri_complete', complete, allowInsecureTransport)
        .href,
    }),
    expiresAt: new Date(now().getTime() + secondsIn(json['expires_in'], 600, 3600) * 1000),
    intervalMs: secondsIn(json['interval'], 5, 60) * 1000,
  }
}

/** A server says 0 or a thousand years as well. */
function secondsIn(value: unknown, otherwise: number, most: number): number {
  const seconds = typeof value === 'number' && value >= 0 ? value : otherwise
  return Math.min(Math.max(seconds, 1), most)
}

interface Polling {
  readonly deviceCode: string
  readonly intervalMs: number
  readonly endsAt: Date
  readonly now: () => Date
  readonly signal: AbortSignal
}

/** Asks until the user has decided. @see https://www.rfc-editor.org/rfc/rfc8628#section-3.5 */
async function poll(exchanger: TokenExchanger, { deviceCode, endsAt, now, signal, ...polling }: Polling) {
  let { intervalMs } = polling
  const grant = [
    ['grant_type', grantType],
    ['device_code', deviceCode],
  ] as const
  for (;;) {
    await pause(intervalMs, signal)
    if (now() >= endsAt) throw loginError('the code has expired before the user typed it in')
    let error = ''
    let given = 0
    try {
      return await exchanger.exchange({
        signal,
        grant: () => grant,
        onFault(fault, { json }) {
          error = fault.error
          // GitHub names the new interval.
          given = secondsIn(json?.['interval'], 0, 60) * 1000
        },
      })
    } catch (failure) {
      if (error === 'access_denied') throw loginError('the user, or the server, said no', failure)
      if (error === 'expired_token') throw loginError('the code has expired', failure)
      if (error === 'slow_down') intervalMs = Math.max(intervalMs + 5000, given)
      else if (error !== 'authorization_pending') {
        if (!AuthError.is(failure) || !failure.retryable) throw failure
        // An outage: later is soon enough.
        intervalMs = Math.min(intervalMs * 2, 60_000)
      }
    }
  }
}
