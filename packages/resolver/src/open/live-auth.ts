import type { AuthProvider, HeaderMap } from '@outbound-auth/core'
import type { OpenHost } from '../reference/open-host.js'
import { type VariableSnapshot, variableSnapshot } from '../reference/variable-snapshot.js'
import {
  bindDefinition,
  type OpenedDefinition,
  openDefinition,
  type UntypedDefinition,
  type UntypedFactory,
  withDefinitionPath,
} from './open-definition.js'
import type { ResolvedAuth } from './resolved-auth.js'

/**
 * @internal Opens a definition at the first call, and opens it again at any use after one of its variables has changed.
 *
 * One request asks for its credential and its headers within one turn of the event loop, so both come from one opening.
 *
 * @param definition a copy
 * @returns binds the provider of the definition, the same one at each call
 * @throws from the returned function: what `openDefinition` and `bindDefinition` throw
 */
export function liveDefinition(
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: OpenHost,
): () => ResolvedAuth {
  let latest: Opening | undefined
  let shared: AuthProvider | undefined

  function current(): Opening {
    if (latest?.variables.isCurrent()) return latest
    const variables = variableSnapshot(host)
    try {
      const opened = openDefinition(definition, factory, host, variables)
      bindDefinition(definition, opened, opened.provider)
      // Only a complete opening replaces the earlier one.
      latest = { ...opened, variables }
      return latest
    } catch (error) {
      throw withDefinitionPath(error, definition)
    }
  }

  function providerOf(opening: Opening): AuthProvider {
    if (opening.variables.isEmpty()) return opening.provider
    const latestProvider = () => (latest ?? opening).provider
    return liveAuth(latestProvider, () => current().provider)
  }

  return () => {
    let seen = current()
    shared ??= providerOf(seen)
    const provider = shared
    const auth = bindDefinition(definition, seen, provider)
    if (seen.secretHeaderNames.length === 0) return auth
    let { headers } = auth
    const followed = liveHeaders(() => {
      try {
        const opened = current()
        if (opened !== seen) headers = bindDefinition(definition, opened, provider).headers
        seen = opened
      } catch {
        // Don't throw here: headers may only be printed. The provider rejects the request.
      }
      return headers
    })
    return Object.assign(auth, { headers: followed })
  }
}

interface Opening extends OpenedDefinition {
  readonly variables: VariableSnapshot
}

/**
 * @internal Stands for a provider that is replaced when a variable changes. The optional methods are those of the first
 * provider.
 *
 * @param latest the provider of the last opening; never throws, and serves the properties
 * @param current opens the definition again if a variable has changed, and serves the methods
 */
export function liveAuth(latest: () => AuthProvider, current: () => AuthProvider): AuthProvider {
  const { applyAuth, isReady, recover, noteResponse } = latest()
  return {
    get kind() {
      return latest().kind
    },
    get headerNames() {
      return latest().headerNames
    },
    get queryNames() {
      return latest().queryNames
    },
    get mergedHeaderNames() {
      return latest().mergedHeaderNames
    },
    get requiresBody() {
      return latest().requiresBody
    },
    get requiresRequest() {
      return latest().requiresRequest
    },
    get agentIdentity() {
      return latest().agentIdentity
    },
    get recoverStatuses() {
      return latest().recoverStatuses
    },
    expiresAt: () => latest().expiresAt?.(),
    addAuthHeaders: (headers) => current().addAuthHeaders(headers),
    ...(isReady && {
      isReady() {
        try {
          return current().isReady?.() ?? true
        } catch {
          // The definition cannot be opened now, so the next request fails.
          return false
        }
      },
    }),
    ...(applyAuth && {
      async applyAuth(request, options) {
        const provider = current()
        if (provider.applyAuth) return provider.applyAuth(request, options)
        provider.addAuthHeaders(request.headers)
        return request
      },
    }),
    ...(recover && {
      async recover(rejection, options) {
        return current().recover?.(rejection, options) ?? false
      },
    }),
    // The provider that authenticated the request is the latest one, unless a variable has changed since.
    ...(noteResponse && { noteResponse: (response) => latest().noteResponse?.(response) }),
  } satisfies AuthProvider
}

/** @internal Stands for a header map that is replaced when a variable changes. Printing shows the names only. */
export function liveHeaders(current: () => HeaderMap): HeaderMap {
  const headers: HeaderMap = {
    get: (name) => current().get(name),
    has: (name) => current().has(name),
    set: (name, value) => current().set(name, value),
    delete: (name) => current().delete(name),
    [Symbol.iterator]: () => current()[Symbol.iterator](),
  }
  const names = () => [...current()].map(([name]) => name)
  const print = () => `HeaderMap { ${names().join(', ')} }`
  return Object.assign(headers, {
    [Symbol.for('nodejs.util.inspect.custom')]: print,
    toString: print,
    toJSON: names,
  })
}
