import type { CheckAuthProviderOptions } from '../../../src/checks/index.js'
import type { AuthProvider } from '../../../src/index.js'
import { secret } from '../sample-providers.js'

/** A provider that breaks the contract in one way, and the checks that must notice it (by the start of their names). */
export interface BrokenProvider extends Partial<CheckAuthProviderOptions> {
  readonly what: string
  readonly fails: readonly string[]
}

/** The header of the broken providers, and its value. */
export const name = 'x-key'
export const value: string = `Key ${secret}`

/** Sound, but for one change. */
export function broken(change: Partial<AuthProvider>): AuthProvider {
  return {
    kind: 'broken',
    headerNames: [name],
    addAuthHeaders: (headers) => headers.set(name, value),
    ...change,
  }
}

// How the names of checks begin, for the lists of those that a broken provider fails.
export const abort = 'passes an abort on'
export const adds = 'adds its members'
export const answers = 'recover() answers'
export const apart = 'keeps 100 concurrent'
export const appliedAgain = 'leaves one credential'
export const authenticates = 'authenticates every request'
export const body = 'hands on the body'
export const declares = 'declares a kind'
export const declaresSame = 'declares the same'
export const fresh = 'puts a fresh credential'
export const headers = 'changes no header'
export const merges = 'merges only list headers'
export const method = 'keeps the method'
export const replaces = 'replaces what the caller has set'
export const same = 'addAuthHeaders() sets the same'
export const saysExpiry = 'says when its credential expires'
export const saysReady = 'says whether it is ready'
export const signs = 'signs the body'
export const sync = 'addAuthHeaders() is synchronous'
export const url = 'changes nothing of the URL'
export const usable = 'recover() leaves'
