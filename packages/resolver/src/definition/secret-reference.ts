import type { AccessToken, SourceOptions } from '@outbound-auth/core'
import type { AwsKeysSource } from './aws-source.js'

/** The value of an environment variable, trimmed. It is read again at each request, along with all others of its definition. */
export interface EnvReference {
  /** Name of the variable. */
  readonly env: string
  readonly file?: undefined
  readonly command?: undefined
}

/**
 * The content of a text file, trimmed; not in browsers and workers. It is read again about once a second while it is in use,
 * and after a rejection. It must be a regular file of at most 1 MiB, or a pipe that the process was given (`/dev/fd/63`, as
 * `<(vault …)` of a shell), which is read once.
 */
export interface FileReference {
  /** Path of the file; a relative one starts at the directory that was the working directory when the resolver was made. */
  readonly file: string
  readonly env?: undefined
  readonly command?: undefined
}

/** What a command prints, as `commandToken` reads it; not in browsers and workers. No shell is involved. */
export interface CommandReference {
  /** Program and arguments. */
  readonly command: readonly string[]
  /**
   * Working directory; a relative one starts at the default.
   *
   * @default the directory that was the working directory when the resolver was made
   */
  readonly cwd?: string | undefined
  /**
   * Time limit of the whole run, in milliseconds.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
  /**
   * How long the output is used, in milliseconds; 0 uses it until a server refuses it.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
  readonly env?: undefined
  readonly file?: undefined
}

/** Where a secret is, instead of the secret itself. */
export type SecretReference = EnvReference | FileReference | CommandReference

/** Where references lead: the process's own environment, files and commands, or something else in their place. */
export interface SecretHost {
  /**
   * Environment variables. The object is read at each use, so it may change.
   *
   * @default process.env, where there is one
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Reads a text file of at most 1 MiB. It gets the path as the definition has it.
   *
   * @default reads from the disk, within the limits of {@link FileReference}
   */
  readonly readFile?: ((path: string) => Promise<string>) | undefined
  /**
   * Runs a credential command, and does what the reference says about folder and time limit. A `cwd` in the reference is
   * absolute; without one the function decides.
   *
   * @default commandToken of `@outbound-auth/core/command`; its environment is `env`, if that is given
   */
  readonly runCommand?:
    | ((reference: CommandReference, options: SourceOptions) => Promise<AccessToken | string>)
    | undefined
  /** Gets the AWS credentials of this machine: `awsCredentials` of `@outbound-auth/sigv4/node`. @default none; a reference to them is an error */
  readonly awsCredentials?:
    | ((options: {
        readonly profile?: string | undefined
        readonly env?: Readonly<Record<string, string | undefined>> | undefined
      }) => AwsKeysSource)
    | undefined
}
