import {
  type ApplyAuthOptions,
  type AuthRejection,
  type AuthRequest,
  cachedCredential,
} from '@outbound-auth/core'
import { sha256Hex } from '#sha256'
import { type AwsCredentials, checkCredentials, checkExpiration } from '../credentials/aws-credentials.js'
import type { SigningOptions } from '../options/signing-options.js'
import type { SigV4AuthOptions } from '../options/sigv4-auth-options.js'

/** @internal The credentials of one provider, with the options that requests are signed with. */
export interface SigningCredentials {
  /** Whether the credentials come from a function. */
  readonly canRenew: boolean
  /** When the credentials expire, if that is known and they are at hand. */
  expiresAt(): Date | undefined
  optionsFor(request: AuthRequest, options: ApplyAuthOptions | undefined): Promise<SigningOptions>
  /**
   * Fetches the credentials of a rejected request again. Returns whether signing again makes sense.
   *
   * @param shown the key id and the session token of the request, with a space between them
   */
  renew(
    rejection: AuthRejection,
    shown: string | undefined,
    options: ApplyAuthOptions | undefined,
  ): Promise<boolean>
}

/** Renewal begins five minutes before the expiration, as in the AWS SDKs. */
const refreshAheadMs = 300_000

/**
 * @internal
 * @param options have been checked, and are not those of an anonymous provider
 * @param now the clock after its correction
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) when explicit credentials are malformed
 */
export function signingCredentials(options: SigV4AuthOptions, now: () => Date): SigningCredentials {
  const signingWith = (credentials: AwsCredentials): SigningOptions =>
    // It must inherit nothing: a polluted prototype adds no option.
    Object.assign(Object.create(null), options, { now, credentials })
  return typeof options.credentials === 'function'
    ? renewedCredentials(options, options.credentials, signingWith, now)
    : explicitCredentials(options, signingWith(options.credentials as AwsCredentials))
}

function explicitCredentials({ now }: SigV4AuthOptions, signing: SigningOptions): SigningCredentials {
  checkCredentials(signing.credentials)
  return {
    canRenew: false,
    expiresAt: () => signing.credentials.expiration,
    async optionsFor() {
      // Not by the corrected clock: one wrong Date of a service would expire the credentials for good.
      checkExpiration(signing.credentials, now?.() ?? new Date())
      return signing
    },
    renew: async () => false,
  }
}

/** Credentials, ready to sign. */
interface SigningCredential {
  /** Differs when any part of the credentials differs. */
  readonly id: string
  readonly signing: SigningOptions
}

function renewedCredentials(
  options: SigV4AuthOptions,
  getCredentials: Exclude<SigV4AuthOptions['credentials'], AwsCredentials | 'anonymous'>,
  signingWith: (credentials: AwsCredentials) => SigningOptions,
  now: () => Date,
): SigningCredentials {
  const cache = cachedCredential<SigningCredential>({
    kind: 'sigv4',
    async source(request) {
      const credentials = await getCredentials(request)
      checkCredentials(credentials)
      const id = digestOf(credentials)
      return { value: { id, signing: signingWith(credentials) }, id, expiresAt: credentials.expiration }
    },
    refreshIntervalMs: options.refreshIntervalMs,
    refreshAheadMs,
    timeoutMs: options.timeoutMs,
    // A wrong Date of a service does little harm: credentials that look expired are still used.
    now,
    waitUntil: options.waitUntil ?? (getCredentials as Pick<SigV4AuthOptions, 'waitUntil'>).waitUntil,
    observer: options.observer,
  })
  /** The credentials of each signed request: the request shows no secret, so not a new one either. */
  const signers = new WeakMap<AuthRequest, string>()
  let latest: SigningCredential | undefined

  /** A copy of a request counts as signed with the latest credentials, if it shows their key. */
  function signerOf(request: AuthRequest, shown: string | undefined): string | undefined {
    const { accessKeyId, sessionToken = '' } = latest?.signing.credentials ?? {}
    return signers.get(request) ?? (shown === `${accessKeyId} ${sessionToken}` ? latest?.id : shown)
  }

  return {
    canRenew: true,
    expiresAt: cache.expiresAt,
    async optionsFor(request, applyOptions) {
      latest = await cache.get(applyOptions)
      signers.set(request, latest.id)
      return latest.signing
    },
    renew: ({ request, attempt }, shown, applyOptions) =>
      cache.recover(signerOf(request, shown), attempt, applyOptions),
  }
}

/** The secret counts too: some services give a new secret to an old key id. */
function digestOf({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): string {
  return sha256Hex(JSON.stringify([accessKeyId, secretAccessKey, sessionToken]))
}
