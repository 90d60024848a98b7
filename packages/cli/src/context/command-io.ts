import type { Fetch } from '@outbound-auth/fetch'

/** All that the command touches: standard streams, environment, working directory, network. */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Read only for `-d @-`. */
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where `outbound-auth.toml` is looked for and where relative paths start. */
  readonly cwd: string
  /** Ends the command: its reason is what `run` reports. */
  readonly signal?: AbortSignal | undefined
  /** @default globalThis.fetch */
  readonly fetch?: Fetch | undefined
  /** Path of the system's Codex configuration; false reads none. @default that of `createCodexResolver` */
  readonly codexSystemConfig?: string | false | undefined
}
