import type { ResolvedAuth, SelectionStep } from '@outbound-auth/resolver'
import type { CommandContext } from '../context/command.js'
import type { LoginPlace } from '../oauth/login-document.js'
import type { CaptureOptions } from './captured-options.js'
import type { Choice } from './choose-provider.js'

/** The decision about one URL or path, before its credential is looked at. */
export interface Target {
  readonly choice: Choice
  readonly trace: readonly SelectionStep[]
  /** Harmless facts that the user should know. */
  readonly remarks: readonly string[]
  /** Events that may happen when it is resolved. */
  readonly prospects?: readonly string[] | undefined
  /** Whether `resolve` asks no server. */
  readonly isOffline: boolean
  /** The definition that the resolver gets; undefined for a Codex home. */
  readonly definition?: Readonly<Record<string, unknown>> | undefined
  /** Where a login of the provider is kept; undefined without a configuration file. */
  readonly login?: LoginPlace | undefined
  /** Opens the credential without a URL, and shows the options of the factory; undefined for a Codex home. */
  readonly open?: ((capture: CaptureOptions) => Promise<ResolvedAuth>) | undefined
  /**
   * Opens the credential, and completes the URL.
   *
   * @throws AuthError, CommandError
   */
  resolve(): Promise<ResolvedTarget>
}

/** A decision with its credential. */
export interface ResolvedTarget {
  readonly url: string
  readonly resolved: ResolvedAuth
  /** More facts that the user should know. */
  readonly remarks?: readonly string[] | undefined
}

/** The input of a decision. */
export type TargetContext = Pick<
  CommandContext,
  'args' | 'env' | 'cwd' | 'signal' | 'fetch' | 'messages' | 'onEnd' | 'codexSystemConfig'
>
