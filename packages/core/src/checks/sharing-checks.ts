import { applyAtOnce } from '../apply/immediate-apply.js'
import { setQueryParameter } from '../lib/query-parameter.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  headerMaps,
  listed,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand, describeError, outcomeOf } from './verdict/check-failure.js'

/** @internal A provider is called at any time, by anybody, many times at once. */
export function sharingChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [
    synchronyCheck(options),
    repetitionCheck(options),
    immediacyCheck(options),
    concurrencyCheck(options),
    abortCheck(options),
  ]
}

function synchronyCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'addAuthHeaders() is synchronous: it returns nothing, and does not throw before the first credential is there',
    async run() {
      const cold = await options.createFromSource?.(() => new Promise(() => {}), { observer: () => {} })
      const warm = await newProvider(options)
      await applyOnce(warm, newRequest(options))
      for (const provider of [cold, await newProvider(options), warm]) {
        for (const [map, create] of headerMaps) {
          const outcome = await outcomeOf(() => {
            const returned: unknown = provider?.addAuthHeaders(create([]))
            return [returned]
          })
          const why = 'It serves telemetry and clients that cannot wait, also before there is a credential.'
          demand(
            !outcome.hasFailed,
            'no error',
            `it threw ${describeError(outcome.error)}, with ${map}`,
            why,
            outcome.error,
          )
          const isNothing = outcome.value?.[0] === undefined
          demand(isNothing, 'nothing returned', 'it returned something', `Nobody awaits it. ${why}`)
        }
      }
    },
  }
}

function repetitionCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'addAuthHeaders() sets the same headers each time',
    async run() {
      const provider = await newProvider(options)
      await applyOnce(provider, newRequest(options))
      const names = headerMaps.flatMap(([, create]) => {
        const map = create([])
        return [1, 2].map(() => {
          provider.addAuthHeaders(map)
          return listed([...map].map(([name]) => name).sort())
        })
      })
      const fresh = headerMaps.map(([, create]) => {
        const map = create([])
        provider.addAuthHeaders(map)
        return listed([...map].map(([name]) => name).sort())
      })
      const different = [...names, ...fresh].find((other) => other !== names[0])
      demand(
        different === undefined,
        `${names[0]}`,
        `another call set ${different}`,
        'Telemetry and snapshots must not depend on who asked before.',
      )
    },
  }
}

function immediacyCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'applies at once what it applies later, where it can do both',
    async run() {
      const provider = await newProvider(options)
      const later = await applyOnce(provider, newRequest(options))
      const atOnce = applyAtOnce(provider, newRequest(options), {}, () => {})
      if (atOnce === undefined) return
      const [expected, seen] = [later, atOnce].map((request) =>
        listed(credentialIn(provider, request).keys()),
      )
      demand(
        seen === expected,
        `${expected}`,
        `the first function of immediateApply() set ${seen}`,
        'Some adapters call the one, some the other, and servers expect the same of both.',
      )
    },
  }
}

function concurrencyCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'keeps 100 concurrent requests apart',
    async run() {
      const provider = await newProvider(options)
      const alone = await applyOnce(await newProvider(options), newRequest(options))
      const expected = listed(credentialIn(provider, alone).keys())
      const requests = Array.from({ length: 100 }, (_, index) => {
        return newRequest(options, ({ url, headers }) => {
          headers.set('x-caller-request', `${index}`)
          return { url: setQueryParameter(url, 'caller', `${index}`), headers, body: `${index}` }
        })
      })
      const applied = await Promise.all(requests.map((request) => applyOnce(provider, request)))
      const why = 'A provider is shared by all clients of a process, and none may see the request of another.'
      for (const [index, request] of applied.entries()) {
        const { body, headers, url } = request
        const mine = [headers.get('x-caller-request'), new URL(url).searchParams.get('caller'), body]
        const isMine = mine.every((text) => text === `${index}`)
        demand(isMine, 'each request with its own headers, URL and body', 'they were mixed', why)
        const found = listed(credentialIn(provider, request).keys())
        demand(found === expected, `${expected} on each`, `one of them has ${found}`, why)
      }
    },
  }
}

function abortCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: "passes an abort on with the signal's reason unchanged",
    async run() {
      const provider = await newProvider(options)
      const reason = new Error('The caller gave up')
      const signal = AbortSignal.abort(reason)
      const outcome = await outcomeOf(() => provider.applyAuth?.(newRequest(options), { signal }))
      demand(
        !outcome.hasFailed || outcome.error === reason,
        "the signal's reason",
        `applyAuth() rejected with ${describeError(outcome.error)}`,
        'Callers tell their own abort from a failure by it.',
        outcome.error,
      )
    },
  }
}
