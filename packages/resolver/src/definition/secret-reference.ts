import type { AccessToken, SourceOptions, TokenSource } from '@outbound-auth/core'
import type { AwsKeysSource } from './aws-source.js'

/**
 * The value of an environment variable, trimmed. The resolver reads all variables of a definition again at each
 * request.
 */
export interface EnvReference {
  /** The name of the variable. */
  readonly env: string
  readonly file?: undefined
  readonly command?: undefined
}

/**
 * The content of a text file, trimmed. A file in use is read again about once a second, and after a rejection. Browsers
 * and workers have no files.
 *
 * It must be a regular file of at most 1 MiB, or a pipe that the process inherited, such as `/dev/fd/63` for `<(vault
 * …)` of a shell. A pipe is read once.
 */
export interface FileReference {
  /** The path of the file. A relative path starts at the working directory in which the resolver was made. */
  readonly file: string
  readonly env?: undefined
  readonly command?: undefined
}

/**
 * The output of a command, as `commandToken` reads it. No shell is involved. Browsers and workers have no commands.
 */
export interface CommandReference {
  /** The program and its arguments. */
  readonly command: readonly string[]
  /**
   * The working directory of the command. A relative path starts at the default.
   *
   * @default the working directory in which the resolver was made
   */
  readonly cwd?: string | undefined
  /**
   * Time limit of the whole run, in milliseconds.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
  /**
   * How long the output is used, in milliseconds. 0 uses the output until a server rejects it.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
  readonly env?: undefined
  readonly file?: undefined
}

/**
 * A subject token that the platform of the workload issues: GitHub Actions, or the metadata service of a machine. A new
 * one is fetched for each exchange. Exactly one property is given.
 */
export interface PlatformReference {
  /** The identity of a job of GitHub Actions. */
  readonly githubActions?: { readonly audience: string } | undefined
  /** The identity of a machine on Google Cloud. */
  readonly gcpMetadata?:
    | { readonly audience: string; readonly serviceAccount?: string | undefined }
    | undefined
  /** The managed identity of a machine on Azure. */
  readonly azureImds?: { readonly resource: string; readonly clientId?: string | undefined } | undefined
  readonly env?: undefined
  readonly file?: undefined
  readonly command?: undefined
}

/** A place that a secret is read from. */
export type SecretReference = EnvReference | FileReference | CommandReference

/** The environment, files and commands that references lead to. The default is those of the process. */
export interface SecretHost {
  /**
   * The environment variables. The object is read at each use, so it may change.
   *
   * @default process.env, where there is one
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Reads a text file of at most 1 MiB. The path is that of the definition, unchanged.
   *
   * @default reads from the disk, within the limits of {@link FileReference}
   */
  readonly readFile?: ((path: string) => Promise<string>) | undefined
  /**
   * Runs a credential command with the working directory and the time limit of the reference. A `cwd` in the reference
   * is absolute. Without `cwd` the function chooses the directory.
   *
   * @default commandToken of `@outbound-auth/core/command`, with `env` as its environment if `env` is given
   */
  readonly runCommand?:
    | ((reference: CommandReference, options: SourceOptions) => Promise<AccessToken | string>)
    | undefined
  /**
   * Gets the AWS credentials of this machine: `awsCredentials` of `@outbound-auth/sigv4/node`.
   *
   * @default a reference to these credentials is an error
   */
  readonly awsCredentials?:
    | ((options: {
        readonly profile?: string | undefined
        readonly env?: Readonly<Record<string, string | undefined>> | undefined
      }) => AwsKeysSource)
    | undefined
  /**
   * Gets the subject token of a platform: `platformSubjectToken` of `@outbound-auth/workload-identity/node`.
   *
   * @default a reference to such a token is an error
   */
  readonly subjectToken?:
    | ((
        reference: PlatformReference,
        options: { readonly env?: Readonly<Record<string, string | undefined>> | undefined },
      ) => TokenSource)
    | undefined
}
