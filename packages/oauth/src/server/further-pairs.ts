import { parseObject } from '@outbound-auth/core/provider'
import type { OauthClient } from '../client/oauth-options.js'
import type { Pairs } from './exchange.js'

/**
 * @internal The option `parameters`, with the claims that an API wants. Claims of the option, such as the capability
 * to answer challenges, stay beside them: a token endpoint takes the parameter once.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function furtherPairs({ parameters }: OauthClient, claims: string | undefined): Pairs {
  const given = Object.hasOwn(parameters, 'claims') ? parameters['claims'] : undefined
  const others = Object.entries(parameters).filter(([name]) => name !== 'claims')
  const sent = claims === undefined ? given : mergedClaims(given, claims)
  return [...others, ...(sent === undefined ? [] : ([['claims', sent]] as const))]
}

function mergedClaims(given: string | undefined, wanted: string): string {
  const [base, change] = [parseObject(given ?? ''), parseObject(wanted)]
  return base && change ? JSON.stringify(merged(base, change)) : wanted
}

type JsonObject = Readonly<Record<string, unknown>>

/** The wishes of the API go before those of the option. */
function merged(base: JsonObject, change: JsonObject): JsonObject {
  const entries = Object.entries(change).map(([name, value]) => {
    const known = Object.hasOwn(base, name) ? base[name] : undefined
    return [name, isObject(known) && isObject(value) ? merged(known, value) : value]
  })
  return { ...base, ...Object.fromEntries(entries) }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
