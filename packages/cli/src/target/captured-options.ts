import type { AccessToken } from '@outbound-auth/core'
import type { AwsKeys } from '@outbound-auth/resolver'

/** Options of a factory, in which each reference has become a source. */
export interface CapturedOptions {
  /** A token or key, AWS keys, or the source of either. */
  readonly secret: string | AwsKeys | CredentialSource | undefined
  readonly options: Readonly<Record<string, unknown>>
}

/** Gets the options of the factory that a definition is opened with. */
export type CaptureOptions = (captured: CapturedOptions) => void

interface CredentialSource {
  (options: {
    readonly signal: AbortSignal
    readonly forceRefresh: boolean
  }): AccessToken | string | AwsKeys | Promise<AccessToken | string | AwsKeys>
  /** The token may have any characters that a header holds. */
  readonly allowAnyText?: boolean | undefined
}

/** Whether a secret has to be asked for. */
export function isSource(secret: CapturedOptions['secret']): secret is CredentialSource {
  return typeof secret === 'function'
}
