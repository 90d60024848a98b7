import { cachedCredential, type SourceOptions } from '../../../src/index.js'
import type { CachedCredential, CachedCredentialOptions, Credential } from '../../../src/provider.js'

/** A cache on a clock that tests turn, with a source that they script. */
export interface CredentialLab {
  readonly cache: CachedCredential<string>
  /** The options of each call of the source. */
  readonly calls: SourceOptions[]
  /** The next result of the source, given the number of the call; by default `token-1`, `token-2`, … */
  answer: (call: number, options: SourceOptions) => Credential<string> | Promise<Credential<string>>
  nowMs: number
  /** Another credential that lives as long as this lab's do. */
  issue(name: string): Credential<string>
}

export type LabOptions = Omit<Partial<CachedCredentialOptions<string>>, 'source' | 'now'> & {
  /** Life of each credential, in milliseconds; without it they have no expiry. */
  readonly lifeMs?: number
}

// Loads the code that a cache loads later, so that its import() takes no time on the clocks of the tests.
await cachedCredential({ kind: 'test', source: () => ({ value: '', id: '' }) }).get()

export function createCredentialLab({ lifeMs, ...options }: LabOptions = {}): CredentialLab {
  const calls: SourceOptions[] = []
  const lab: CredentialLab = {
    calls,
    nowMs: Date.UTC(2026, 0, 1),
    answer: (call) => lab.issue(`token-${call}`),
    issue: (name) => ({
      value: name,
      id: name,
      expiresAt: lifeMs === undefined ? undefined : new Date(lab.nowMs + lifeMs),
    }),
    cache: cachedCredential<string>({
      kind: 'test',
      now: () => new Date(lab.nowMs),
      source(request) {
        calls.push(request)
        return lab.answer(calls.length, request)
      },
      ...options,
    }),
  }
  return lab
}

/** Lets everything that is under way in the background come to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A promise and its ends. */
export function deferred<T>(): {
  promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
} {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue
    reject = onReason
  })
  return { promise, resolve, reject }
}
