import type { ResolvedAuth, SelectionStep } from '@outbound-auth/resolver'
import type { CommandContext } from '../lib/command.js'
import type { Choice } from './choose-provider.js'

/** The decision about one URL or path, before its credential is looked at. */
export interface Target {
  readonly choice: Choice
  readonly trace: readonly SelectionStep[]
  /** What is harmless, and should be known all the same. */
  readonly notes: readonly string[]
  /** What may happen when it is resolved. */
  readonly prospects?: readonly string[] | undefined
  /** Whether `resolve` asks no server. */
  readonly isOffline: boolean
  /** Opens the credential, and gives the complete URL, with what has become known on the way. @throws AuthError, CommandError */
  resolve(): Promise<ResolvedTarget>
}

/** A decision with its credential. */
export interface ResolvedTarget {
  readonly url: string
  readonly resolved: ResolvedAuth
  /** More of what should be known. */
  readonly notes?: readonly string[] | undefined
}

/** What a decision is made from. */
export type TargetContext = Pick<
  CommandContext,
  'args' | 'env' | 'cwd' | 'signal' | 'fetch' | 'codexSystemConfig'
>
