import type { AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { setQueryParameter } from '../lib/query-parameter.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  headerMaps,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand } from './verdict/check-failure.js'

/** @internal A request comes out with exactly one credential, whatever it came in with. */
export function replacementChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [callersValueCheck(options), secondApplicationCheck(options), oldCredentialCheck(options)]
}

function callersValueCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'replaces what the caller has set under its names, in any letter case',
    async run() {
      const provider = await newProvider(options)
      const itsOwn = credentialIn(provider, await applyOnce(provider, newRequest(options)))
      for (const [map, create] of headerMaps) {
        const request = newRequest(options, ({ headers }) => ({ headers: create(headers) }))
        for (const name of provider.headerNames) request.headers.set(name.toUpperCase(), 'the-callers-own')
        for (const name of provider.queryNames ?? []) {
          const twice = setQueryParameter(request.url, name, 'the-callers-own')
          request.url = `${twice}&${encodeURIComponent(name)}=the-callers-own`
        }
        const applied = await applyOnce(provider, request)
        for (const [place, value] of credentialIn(provider, applied)) {
          const isGone = !itsOwn.has(place) || !value.includes('the-callers-own')
          demand(isGone, `${place} without the caller's value`, `it is still there, in ${map}`, why)
        }
        demandOne(provider, applied, map)
      }
    },
  }
}

function secondApplicationCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'leaves one credential when it is applied again',
    async run() {
      const provider = await newProvider(options)
      for (const [map, create] of headerMaps) {
        const request = newRequest(options, ({ headers }) => ({ headers: create(headers) }))
        const once = await applyOnce(provider, request)
        const first = credentialIn(provider, once)
        const twice = await applyOnce(provider, once)
        for (const [place, value] of credentialIn(provider, twice)) {
          const old = first.get(place)
          const isOne = old === undefined || value === old || !value.includes(old)
          demand(isOne, `one credential in ${place}`, `the first is there beside the second, in ${map}`, why)
        }
        demandOne(provider, twice, map)
      }
    },
  }
}

function oldCredentialCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'puts a fresh credential in the place of an old one of its own',
    async run() {
      const provider = await newProvider(options)
      for (const [map, create] of headerMaps) {
        const request = newRequest(options, ({ headers }) => ({ headers: create(headers) }))
        const once = await applyOnce(provider, request)
        const old = new Map<string, string>()
        for (const name of provider.headerNames) {
          const value = once.headers.get(name)
          if (value !== null) once.headers.set(name, outdated(value, old, `header ${name}`))
        }
        for (const name of provider.queryNames ?? []) {
          const value = new URL(once.url).searchParams.get(name)
          if (value === null) continue
          once.url = setQueryParameter(once.url, name, outdated(value, old, `query parameter ${name}`))
        }
        const twice = await applyOnce(provider, once)
        for (const [place, value] of credentialIn(provider, twice)) {
          const isFresh = !old.has(place) || !value.includes(old.get(place) ?? '')
          demand(isFresh, `a fresh credential in ${place}`, `the old one is still there, in ${map}`, why)
        }
      }
    },
  }
}

const why =
  'A retry applies auth again, and SDKs send dummies: two credentials are one too many, and an old one fails.'

/** A value of the same form that this provider never made. */
function outdated(value: string, old: Map<string, string>, place: string): string {
  const changed = value.replace(/[a-z\d](?=[^a-z\d]*$)/i, (last) => (last === 'A' ? 'B' : 'A'))
  old.set(place, changed)
  return changed
}

function demandOne(provider: AuthProvider, { url, headers }: AuthRequest, map: string): void {
  const names = [...headers].map(([name]) => name.toLowerCase())
  for (const name of provider.headerNames) {
    const count = names.filter((other) => other === name).length
    demand(count <= 1, `one header ${name}`, `there are ${count}, in ${map}`, why)
  }
  for (const name of provider.queryNames ?? []) {
    const count = new URL(url).searchParams.getAll(name).length
    demand(count <= 1, `one query parameter ${name}`, `there are ${count}`, why)
  }
}
