import type { AuthObserver, AuthProvider, DocumentStore } from '@outbound-auth/core'
import type { ResolverOptions } from '@outbound-auth/resolver'
import type { AuthDocument } from './auth-document.js'

/** What signs for Amazon Bedrock: `@outbound-auth/sigv4`, which an application installs only if it needs it. */
export interface AwsSupport {
  readonly sigV4Auth: (options: never) => AuthProvider & { readonly kind: 'sigv4' }
  /** Of `@outbound-auth/sigv4/node`. */
  readonly awsCredentials: NonNullable<ResolverOptions['awsCredentials']>
  /** Of `@outbound-auth/sigv4/node`. */
  readonly awsRegion: (options: {
    readonly profile?: string | undefined
    readonly env?: Readonly<Record<string, string | undefined>> | undefined
  }) => Promise<string | undefined>
}

/** Options of {@link createCodexResolver}. */
export interface CodexResolverOptions extends Pick<ResolverOptions, 'runCommand'> {
  /** The folder with `config.toml` and `auth.json`; a relative path is made absolute at once. @default CODEX_HOME, else `.codex` in the user's home */
  readonly home?: string | undefined
  /** Environment variables, read at each use. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The session's folder: where credential commands run. @default the process's own */
  readonly cwd?: string | undefined
  /** Where the login is kept. @default `auth.json` of the home, or nothing for `cli_auth_credentials_store = "ephemeral"` */
  readonly store?: DocumentStore<AuthDocument> | undefined
  /** What signs for Amazon Bedrock. @default none; a Bedrock provider that signs is an error */
  readonly aws?: AwsSupport | undefined
  /** Sends what goes to the servers of logins; not the requests themselves. @default the platform's, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /**
   * How long an authority of agents that cannot be reached is not asked again, in milliseconds.
   *
   * @default 3600000
   */
  readonly agentCooldownMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}
