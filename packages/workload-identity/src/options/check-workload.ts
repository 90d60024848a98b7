import {
  checkOption,
  checkOptions,
  invalidOption,
  isLoopback,
  optionError,
  parseUrl,
} from '@outbound-auth/core/provider'
import { buildError } from '../lib/workload-error.js'
import { checkLifetime } from './check-lifetime.js'
import type {
  ExchangeOptions,
  GcpAccessWorkload,
  TokenExchangeOptions,
  WorkloadOptions,
} from './workload-options.js'

/** @internal Options of an exchange that have been checked, with their defaults. */
export interface CheckedExchange extends ExchangeOptions {
  /** The function that was called, for messages. */
  readonly factory: string
  readonly endpoint: URL
  readonly singleUse: boolean
  readonly timeoutMs: number
  readonly fetch: typeof globalThis.fetch
  readonly now: () => Date
}

/** @internal Options of an exchange for a token that have been checked. */
export type Workload = WorkloadOptions & CheckedExchange & { readonly defaultLifetimeMs: number }

/** The options of each service, the required ones first. */
const services: Readonly<Record<WorkloadOptions['service'], readonly [required: string, optional: string]>> =
  {
    openai: ['identityProviderId serviceAccountId', 'clientId subjectTokenType'],
    anthropic: ['federationRuleId organizationId', 'serviceAccountId workspaceId'],
    openrouter: ['federationPolicyId', 'scope'],
    databricks: ['host', 'accountId clientId scope'],
    gcp: ['audience', 'scope subjectTokenType impersonate lifetimeMs'],
    azure: ['tenantId clientId scope', 'authority'],
  }
/** Of an access token of Google Cloud, which needs no exchange. */
const gcpAccess = ['subjectTokenType', 'scope impersonate lifetimeMs'] as const
/** The options that this file looks at, before they are checked. */
type OwnOptions = Partial<Record<keyof GcpAccessWorkload, unknown>> &
  Pick<TokenExchangeOptions, 'singleUse' | 'defaultLifetimeMs'> & { readonly lifetimeMs?: number }

const exchangeNames = 'subjectToken tokenEndpoint singleUse timeoutMs allowInsecureTransport fetch now'

/** @internal @throws TypeError when an option is malformed; its property `option` names which */
export function checkWorkload<T extends WorkloadOptions>(
  factory: string,
  options: T,
  furtherNames: readonly string[] = [],
): T & CheckedExchange & { readonly defaultLifetimeMs: number } {
  // A copy that inherits nothing, so that a polluted `Object.prototype` adds no option.
  const given: OwnOptions = Object.assign(Object.create(null), options)
  const { service } = given
  if (typeof service !== 'string' || !Object.hasOwn(services, service)) {
    const names = Object.keys(services).join(', ')
    throw invalidOption(factory, 'service', `one of ${names}`, service)
  }
  const isAccessToken = service === 'gcp' && given.subjectTokenType === 'access_token'
  const [required, optional] = isAccessToken ? gcpAccess : services[service as WorkloadOptions['service']]
  const names = ['service', 'defaultLifetimeMs', ...furtherNames]
  const endpointFor = (checked: T) => endpointOf(factory, checked)
  const checked = checkExchange(factory, options, required, optional, names, endpointFor)
  const { subjectTokenType: type = 'jwt', lifetimeMs } = given
  if (type !== 'jwt' && type !== 'id_token' && !isAccessToken) {
    const types = service === 'gcp' ? "'jwt', 'id_token' or 'access_token'" : "'jwt' or 'id_token'"
    throw invalidOption(factory, 'subjectTokenType', types, type)
  }
  checkLifetime(factory, lifetimeMs, 1000, 43_200_000)
  const remedy = given.impersonate === undefined ? 'remove it, or add impersonate' : 'remove it'
  const idle = isAccessToken ? ['tokenEndpoint', 'scope', 'lifetimeMs'] : ['lifetimeMs']
  for (const name of idle as (keyof GcpAccessWorkload)[])
    if (given[name] !== undefined && (given.impersonate === undefined || name === 'tokenEndpoint'))
      throw optionError(`${factory}: ${name} has no effect here: ${remedy}`, name)
  const { singleUse = service === 'anthropic', defaultLifetimeMs = 3_600_000 } = given
  return Object.assign(checked, { singleUse, defaultLifetimeMs })
}

/**
 * @internal
 * @param required names of options, with spaces between them
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build)
 */
export function checkExchange<T extends ExchangeOptions>(
  factory: string,
  options: T,
  required: string,
  optional: string,
  furtherNames: readonly string[],
  endpointFor: (checked: T) => string,
): T & CheckedExchange {
  const needed = required.split(' ')
  const texts = [...needed, ...optional.split(' ')]
  const checked = checkOptions(factory, options, [...texts, ...exchangeNames.split(' '), ...furtherNames])
  const values = checked as Readonly<Record<string, unknown>>
  for (const name of [...texts, 'tokenEndpoint']) {
    const value = values[name]
    const isMissing = value === undefined && !needed.includes(name)
    const isText = typeof value === 'string' && value.trim() !== ''
    if (!isMissing && !isText && !name.endsWith('Ms'))
      throw invalidOption(factory, name, 'a string that is not empty', value)
  }
  const { subjectToken, singleUse = false, allowInsecureTransport = false } = checked
  if (typeof subjectToken !== 'function' && (typeof subjectToken !== 'string' || subjectToken.trim() === ''))
    throw invalidOption(
      factory,
      'subjectToken',
      'a function or a string that is not empty',
      typeof subjectToken === 'string' ? '' : subjectToken,
    )
  if (typeof singleUse !== 'boolean') throw invalidOption(factory, 'singleUse', 'true or false', singleUse)
  const text = checked.tokenEndpoint ?? endpointFor(checked)
  return Object.assign(checked, {
    factory,
    endpoint: endpointUrl(factory, text, allowInsecureTransport),
    singleUse,
    timeoutMs: checked.timeoutMs ?? 10_000,
    fetch: checked.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: checked.now ?? (() => new Date()),
  })
}

/** @throws TypeError, AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) */
function endpointUrl(factory: string, text: string, allowInsecureTransport: boolean): URL {
  const url = parseUrl(text)
  if (!url || url.hash)
    throw invalidOption(
      factory,
      'tokenEndpoint',
      'an absolute http(s) URL without user name, password and fragment',
      text,
    )
  if (url.protocol === 'http:' && !allowInsecureTransport && !isLoopback(url.hostname))
    checkOption('tokenEndpoint', () => {
      throw buildError(
        'ERR_AUTH_INSECURE_TRANSPORT',
        `${factory}: a subject token may not go to ${url.origin} unencrypted; use https`,
      )
    })
  return url
}

/** The token endpoint of a service. @throws TypeError when a part of it is malformed */
function endpointOf(factory: string, workload: WorkloadOptions): string {
  switch (workload.service) {
    case 'openai':
      return 'https://auth.openai.com/oauth/token'
    case 'anthropic':
      return 'https://api.anthropic.com/v1/oauth/token'
    case 'openrouter':
      return 'https://openrouter.ai/api/v1/oauth/token'
    case 'gcp':
      return 'https://sts.googleapis.com/v1/token'
    case 'databricks': {
      const { host, accountId } = workload
      const account =
        accountId === undefined ? '' : `/accounts/${pathSegment(factory, 'accountId', accountId)}`
      const name = host.replace(/^https:\/\//i, '').replace(/\/+$/, '')
      if (/^[\w.-]+(:\d+)?$/.test(name)) return `https://${name}/oidc${account}/v1/token`
      throw invalidOption(factory, 'host', 'the name of a host, such as dbc-1.cloud.databricks.com', host)
    }
    default: {
      const { authority = 'https://login.microsoftonline.com', tenantId } = workload
      const tenant = pathSegment(factory, 'tenantId', tenantId)
      if (parseUrl(authority) && !/[?#]/.test(authority))
        return `${authority.replace(/\/+$/, '')}/${tenant}/oauth2/v2.0/token`
      throw invalidOption(factory, 'authority', 'an https URL without query and fragment', authority)
    }
  }
}

/** @internal One segment of a path, which leads to no other path. @throws TypeError */
export function pathSegment(factory: string, option: string, text: string): string {
  if (/^\.{1,2}$/.test(text)) throw invalidOption(factory, option, 'a name, not a part of a path', text)
  return encodeURIComponent(text)
}
