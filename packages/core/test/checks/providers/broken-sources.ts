import { AuthError, type AuthObserver, type AuthProvider, createHeaderMap } from '../../../src/index.js'
import { renewed, secret, tokenAuth } from '../sample-providers.js'
import type { BrokenProvider } from './broken-provider.js'

type Source = () => Promise<string>

/** A sound provider with a source, but for one change. */
function brokenSource(
  what: string,
  fails: string,
  change: (sound: AuthProvider, source: Source, observer: AuthObserver) => Partial<AuthProvider>,
): BrokenProvider {
  const make = (source: Source, { observer }: { observer: AuthObserver }): AuthProvider => {
    const sound = tokenAuth(source, observer)
    return { ...sound, ...change(sound, source, observer) }
  }
  return {
    what,
    fails: [fails],
    secrets: [secret, renewed],
    create: (context) => make(async () => secret, context),
    createFromSource: make,
  }
}

/** Applies a sound provider, and does something else with its AuthErrors. */
function onFailure(
  sound: AuthProvider,
  handle: (error: AuthError) => Promise<boolean>,
): Pick<Required<AuthProvider>, 'applyAuth'> {
  return {
    async applyAuth(request, options) {
      try {
        await sound.applyAuth?.(request, options)
      } catch (error) {
        if (!AuthError.is(error) || !(await handle(error))) throw error
      }
      return request
    },
  }
}

const isForeign = ({ code }: AuthError) => code === 'ERR_AUTH_SOURCE'

async function textOf(source: Source): Promise<string> {
  return source().catch((error: unknown) => (error instanceof Error ? error.message : 'failed'))
}

export const brokenSources: readonly BrokenProvider[] = [
  brokenSource('takes every failure for a final one', 'is applied once more', (sound) =>
    onFailure(sound, async ({ code }) => {
      throw AuthError.build('There is no token', { code })
    }),
  ),
  brokenSource('repeats a short failure after its end', 'is applied once more', (sound) => {
    let first: AuthError | undefined
    const repeating: AuthProvider = {
      ...sound,
      async applyAuth(request, options) {
        if (first) throw first
        return (await sound.applyAuth?.(request, options)) ?? request
      },
    }
    return onFailure(repeating, async (error) => {
      first = error
      throw error
    })
  }),
  brokenSource('takes every failure for a short one', 'is applied once when', (sound) =>
    onFailure(sound, async ({ code }) => {
      throw AuthError.transient('There is no token', { code })
    }),
  ),
  brokenSource('replaces the error of its source', 'is applied once when', (sound) =>
    onFailure(sound, async (error) => {
      if (error.kind === 'transient') throw error
      throw AuthError.build('There is no token', { code: 'ERR_AUTH_SOMETHING' })
    }),
  ),
  brokenSource("gives the code of its source's error to another error", 'is applied once when', (sound) =>
    onFailure(sound, async (error) => {
      if (error.kind === 'transient') throw error
      throw Object.assign(new RangeError('There is no token'), { code: error.code })
    }),
  ),
  brokenSource('sends a dummy when its source has failed for good', 'is applied once when', (sound) => ({
    async applyAuth(request, options) {
      try {
        return (await sound.applyAuth?.(request, options)) ?? request
      } catch (error) {
        if (!AuthError.is(error) || error.kind === 'transient') throw error
        request.headers.set('authorization', 'Token none')
        return request
      }
    },
  })),
  brokenSource('throws a foreign error at its third failure', 'returns no request', (sound) => {
    let failures = 0
    return onFailure(sound, async (error) => {
      if (++failures >= 3) throw new RangeError('There is no token')
      throw error
    })
  }),
  brokenSource('returns the request bare at its third failure', 'returns no request', (sound) => {
    let failures = 0
    return onFailure(sound, async () => ++failures >= 3)
  }),
  brokenSource('returns a request when its caller aborts', 'ends the wait', (sound) => ({
    async applyAuth(request, options) {
      try {
        return (await sound.applyAuth?.(request, options)) ?? request
      } catch (error) {
        if (options?.signal?.aborted) return request
        throw error
      }
    },
  })),
  brokenSource(
    'serves the others nothing when its first caller aborts',
    'serves the other callers',
    (sound) => {
      let flight: Promise<string> | undefined
      const start = async (signal: AbortSignal | undefined) => {
        const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
        try {
          await sound.applyAuth?.(request, { signal })
        } catch (error) {
          if (!signal?.aborted) throw error
        }
        return request.headers.get('authorization') ?? ''
      }
      return {
        async applyAuth(request, options) {
          flight ??= start(options?.signal).finally(() => {
            flight = undefined
          })
          const header = await flight
          options?.signal?.throwIfAborted()
          if (header !== '') request.headers.set('authorization', header)
          return request
        },
      }
    },
  ),
  brokenSource('gives up after two failures, and returns the request bare', 'returns no request', (sound) => {
    let failures = 0
    return onFailure(sound, async () => ++failures >= 2)
  }),
  brokenSource('lets a foreign error through', 'makes an AuthError', (sound, source) =>
    onFailure(sound, async (error) => {
      if (isForeign(error)) throw new TypeError(await textOf(source))
      throw error
    }),
  ),
  brokenSource('quotes a foreign error', 'keeps what a foreign error says', (sound, source) =>
    onFailure(sound, async (error) => {
      if (!isForeign(error)) throw error
      throw AuthError.transient(await textOf(source), { code: 'ERR_AUTH_SOURCE' })
    }),
  ),
  brokenSource('reports a foreign error', 'keeps what a foreign error says', (sound, source, observer) =>
    onFailure(sound, async (error) => {
      if (isForeign(error)) {
        const message = await textOf(source)
        observer({ type: 'warned', kind: 'broken', code: 'ERR_AUTH_SOURCE', message })
      }
      throw error
    }),
  ),
  brokenSource('lets a caller that aborts wait', 'ends the wait', (sound) => ({
    applyAuth: async (request) => sound.applyAuth?.(request) ?? request,
  })),
  brokenSource('answers an abort with an error of its own', 'ends the wait', (sound) => ({
    async applyAuth(request, options) {
      options?.signal?.throwIfAborted()
      try {
        await sound.applyAuth?.(request, options)
      } catch (error) {
        throw options?.signal?.aborted ? new DOMException('Aborted', 'AbortError') : error
      }
      return request
    },
  })),
  brokenSource('ends the call of the source with its first caller', 'serves the other callers', (sound) => {
    let flight: Promise<string> | undefined
    const start = async (signal: AbortSignal | undefined) => {
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      const applied = await sound.applyAuth?.(request, { signal })
      return applied?.headers.get('authorization') ?? ''
    }
    return {
      async applyAuth(request, options) {
        flight ??= start(options?.signal).finally(() => {
          flight = undefined
        })
        request.headers.set('authorization', await flight)
        return request
      },
    }
  }),
  brokenSource('renews for each refusal', 'recover() asks its source once', (_sound, source) => ({
    async recover() {
      await source()
      return true
    },
  })),
  brokenSource('renews for a late refusal', 'recover() asks its source once', (_sound, source) => {
    let flight: Promise<string> | undefined
    return {
      async recover() {
        flight ??= source().finally(() => {
          flight = undefined
        })
        await flight
        return true
      },
    }
  }),
  brokenSource('throws while its source is cold', 'addAuthHeaders() is synchronous', (sound) => ({
    addAuthHeaders(headers) {
      sound.addAuthHeaders(headers)
      if (!headers.has('authorization')) throw new TypeError('There is no token yet')
    },
  })),
]
