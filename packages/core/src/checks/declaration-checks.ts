import { statusesOf } from '../apply/combine-auth.js'
import { checkHeaderName } from '../contract/header-map.js'
import { checkCredentialHeader, checkMergedHeader, checkStaticHeader } from '../lib/transport-header.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand, outcomeOf } from './verdict/check-failure.js'

/** @internal What a provider says about itself. */
export function declarationChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [
    namesCheck(options),
    transportCheck(options),
    mergedNamesCheck(options),
    readinessCheck(options),
    expiryCheck(options),
    stabilityCheck(options),
  ]
}

function namesCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'declares a kind, and the header names (in lower case) and query names that it sets',
    async run() {
      const provider = await newProvider(options)
      const { kind, headerNames, queryNames = [], requiresBody, requiresRequest, recover } = provider
      const why = 'Adapters read this once, to redact, to replace and to strip.'
      demand(typeof kind === 'string' && kind !== '', 'kind to be a word', 'it is missing or empty', why)
      demand(typeof provider.addAuthHeaders === 'function', 'addAuthHeaders()', 'it is missing', why)
      for (const [field, names] of Object.entries({ headerNames, queryNames })) {
        const areNames =
          Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '')
        demand(areNames, `${field} to be a list of names`, 'it is not', why)
        demand(new Set(names).size === names.length, `${field} without repeats`, 'a name is repeated', why)
      }
      for (const name of headerNames) {
        const isName = !(await outcomeOf(() => checkHeaderName(name))).hasFailed
        demand(isName, 'header names', `headerNames holds ${JSON.stringify(name)}`, why)
        demand(name === name.toLowerCase(), 'header names in lower case', `one is ${name}`, why)
      }
      const needsRequest = queryNames.length > 0 || requiresBody === true || requiresRequest === true
      demand(
        !needsRequest || provider.applyAuth !== undefined,
        'applyAuth()',
        'it is missing',
        'addAuthHeaders() alone can neither set a query parameter nor read a URL or a body.',
      )
      demand(
        !recover || statusesOf(provider).every((status) => status >= 400 && status < 600),
        'recoverStatuses to be statuses of refusals',
        'one is not between 400 and 599',
        'recover() is never asked after a success.',
      )
    },
  }
}

function transportCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'declares no header that the transport sets or drops',
    async run() {
      const { headerNames } = await newProvider(options)
      for (const [index, name] of headerNames.entries()) {
        const check = index === 0 ? checkCredentialHeader : checkStaticHeader
        const { hasFailed } = await outcomeOf(() => check('headerNames', name))
        demand(
          !hasFailed,
          'headers that arrive as they were set',
          `headerNames holds ${name}`,
          'A credential in such a header is dropped without a word, and the request goes out bare.',
        )
      }
    },
  }
}

function mergedNamesCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'merges only list headers that are no credential, and that it does not replace',
    async run() {
      const { headerNames, mergedHeaderNames: merged = [] } = await newProvider(options)
      const why = "A merged header keeps the caller's members, so it is neither redacted nor replaced."
      demand(Array.isArray(merged), 'mergedHeaderNames to be a list of names', 'it is not', why)
      for (const name of merged) {
        const { hasFailed } = await outcomeOf(() => checkMergedHeader('it', name, headerNames))
        const isPlain = !hasFailed && name === name.toLowerCase()
        demand(isPlain, 'list headers in lower case', `mergedHeaderNames holds ${name}`, why)
      }
    },
  }
}

function readinessCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'says whether it is ready without throwing',
    async run() {
      const provider = await newProvider(options)
      if (provider.isReady === undefined) return
      // In a list, since a promise would be awaited.
      const { hasFailed, value } = await outcomeOf(() => [provider.isReady?.()])
      demand(
        !hasFailed && typeof value?.[0] === 'boolean',
        'isReady() to return true or false',
        hasFailed ? 'it threw' : 'it returned something else',
        'Telemetry asks it for each request, and must break none.',
      )
    },
  }
}

function expiryCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'says when its credential expires without throwing',
    async run() {
      const provider = await newProvider(options)
      if (provider.expiresAt === undefined) return
      const ask = () => outcomeOf(() => [provider.expiresAt?.()])
      const before = await ask()
      await applyOnce(provider, newRequest(options))
      const after = await ask()
      for (const { hasFailed, value } of [before, after]) {
        const [end] = value ?? []
        const isDate = end instanceof Date && !Number.isNaN(end.getTime())
        demand(
          !hasFailed && (end === undefined || isDate),
          'expiresAt() to return a valid Date or undefined',
          hasFailed ? 'it threw' : 'it returned something else',
          'An SDK that caches the token asks for a new one when this date has come.',
        )
      }
    },
  }
}

function stabilityCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'declares the same after it was used as before',
    async run() {
      const provider = await newProvider(options)
      const declared = () => {
        const { kind, headerNames, queryNames, mergedHeaderNames, recoverStatuses } = provider
        const { requiresBody, requiresRequest } = provider
        const names = [headerNames, queryNames, mergedHeaderNames]
        return JSON.stringify([kind, names, requiresBody, requiresRequest, recoverStatuses])
      }
      const before = declared()
      await applyOnce(provider, newRequest(options))
      demand(
        declared() === before,
        'the same declarations',
        'they changed',
        'Adapters read them once: a name that appears later is neither redacted nor kept from a redirect.',
      )
    },
  }
}
