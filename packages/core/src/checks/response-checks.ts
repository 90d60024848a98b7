import type { AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap } from '../contract/header-map.js'
import { addListMember } from '../contract/list-member.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand, describeError, outcomeOf } from './verdict/check-failure.js'

/** @internal What a provider does with list headers, with the place of a request, and with responses. */
export function responseChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [
    {
      name: 'adds its members to the list headers that it merges, once, beside those of the caller',
      async run() {
        const provider = await newProvider(options)
        for (const name of provider.mergedHeaderNames ?? []) await checkMerged(provider, name, options)
      },
    },
    {
      name: 'signs method and URL, if it requires them: another path or method gives another credential',
      async run() {
        const provider = await newProvider(options)
        if (!provider.requiresRequest) return
        const credentials: string[] = []
        for (const { method, suffix } of places) {
          const change = (url: string) => ({ method, url: url.replace(/[?#]|$/, (end) => suffix + end) })
          const request = newRequest(options, ({ url }) => ({ ...change(url), body: undefined }))
          credentials.push(JSON.stringify([...credentialIn(provider, await applyOnce(provider, request))]))
        }
        demand(
          new Set(credentials).size === credentials.length,
          'another credential for each method and URL',
          'two are the same',
          'A proof that is good for any request is a bearer token; then requiresRequest must not be set.',
        )
      },
    },
    {
      name: 'noteResponse() takes any response, at once and without an error, and the provider authenticates on',
      async run() {
        const provider = await newProvider(options)
        if (!provider.noteResponse) return
        const request = await applyOnce(provider, newRequest(options))
        for (const status of [200, 302, 401, 500]) {
          for (const headers of oddResponses()) {
            const outcome = await outcomeOf(() => [
              provider.noteResponse?.({ request, status, headers }) as unknown,
            ])
            demand(
              !outcome.hasFailed && outcome.value?.[0] === undefined,
              'nothing thrown and nothing returned',
              outcome.hasFailed ? `it threw ${describeError(outcome.error)}` : 'it returned something',
              'It is called for each response, before the caller sees it: nobody awaits it, and an error helps nobody.',
              outcome.error,
            )
            const { hasFailed } = await outcomeOf(() => applyOnce(provider, newRequest(options)))
            const why = 'A hostile response must not stop the requests after it.'
            demand(!hasFailed, 'the next request to be authenticated', 'it failed', why)
          }
        }
      },
    },
  ]
}

const places = [
  { method: 'GET', suffix: '/check-a' },
  { method: 'GET', suffix: '/check-b' },
  { method: 'DELETE', suffix: '/check-a' },
]

async function checkMerged(
  provider: AuthProvider,
  name: string,
  options: CheckAuthProviderOptions,
): Promise<void> {
  const own = (await applyOnce(provider, newRequest(options))).headers.get(name) ?? ''
  const [first = ''] = own.split(',')
  const why = 'A feature that the caller asked for must not get lost, and servers reject repeated members.'
  demand(first.trim() !== '', `a member in ${name}`, 'there is none', 'A declared header is one that is set.')
  const request = newRequest(options)
  request.headers.set(name, `the-callers-own, ${first.trim().toUpperCase()}`)
  const once = (await applyOnce(provider, request)).headers.get(name) ?? ''
  const twice = (await applyOnce(provider, { ...request, headers: withHeader(name, once) })).headers.get(name)
  const synchronous = withHeader(name, once)
  provider.addAuthHeaders(synchronous)
  for (const value of [once, twice ?? '', synchronous.get(name) ?? '']) {
    const members = value.split(',').map((member) => member.trim().toLowerCase())
    const isKept = members.includes('the-callers-own')
    demand(isKept, `the caller's member in ${name}`, 'it is gone', why)
    const expected = withHeader(name, 'the-callers-own')
    addListMember(expected, name, own)
    const count = (expected.get(name) ?? '').split(',').length
    const isOnce = members.length === count && new Set(members).size === count
    demand(isOnce, `each member of ${name} once`, 'one is missing or repeated', why)
  }
}

function withHeader(name: string, value: string): HeaderMap {
  return createHeaderMap([[name, value]])
}

/** Heads of responses as no provider expects them. */
function oddResponses(): HeaderMap[] {
  const odd = [
    '',
    ' ',
    ',',
    '"',
    'Basic',
    'DPoP error="use_dpop_nonce", x',
    '\xff',
    'a'.repeat(100_000),
    '%00',
  ]
  const names = ['www-authenticate', 'dpop-nonce', 'date', 'retry-after', 'set-cookie', 'location', 'age']
  return [[], ...odd.map((value) => names.map((name) => [name, value] as const))].map((pairs) =>
    createHeaderMap(pairs),
  )
}
