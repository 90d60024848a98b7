/** The shape of a key's value in a provider's table. */
export type KeyShape =
  | 'text'
  | 'url'
  | 'origins'
  | 'milliseconds'
  | 'secret'
  | 'subject token'
  | 'headers'
  | 'query'
  | 'query name or parameters'
  | 'aws credentials'
  | 'boolean'
  | 'signed headers'
  | 'text or list'
  | 'text or variable'
  | 'port'
  | 'registration'
  | 'oauth client'
  | 'store'

type Keys = Readonly<Record<string, KeyShape>>

/** Keys that a provider of every kind has. */
export const commonKeys: Keys = {
  preset: 'text',
  kind: 'text',
  base_url: 'url',
  allowed_origins: 'origins',
  headers: 'headers',
  query: 'query',
  allow_insecure_transport: 'boolean',
}

const sourceKeys: Keys = { refresh_interval_ms: 'milliseconds', timeout_ms: 'milliseconds' }

/** One kind in the file: its keys, and the key that holds the credential. */
export interface KindKeys {
  readonly keys: Keys
  /** Keys without which the kind makes no sense. */
  readonly required: readonly string[]
  readonly credential: string | undefined
  /** The header that the credential goes into. */
  readonly header: (definition: Readonly<Record<string, unknown>>) => unknown
  /** Finds keys that contradict each other, or a key that is missing; undefined if there is no conflict. */
  readonly conflict?:
    | ((has: (key: string) => boolean) => { key: string; problem: string } | undefined)
    | undefined
  /** Properties that a definition has unless the file says something else. */
  readonly defaults?:
    | ((definition: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>)
    | undefined
}

/** Keys with texts. */
const texts = (names: string): Keys => Object.fromEntries(names.split(' ').map((name) => [name, 'text']))

/** Keys of a client of an authorization server. */
export const oauthClientKeys: Keys = {
  ...texts('issuer token_endpoint client_id client_auth algorithm key_id assertion_audience scope audience'),
  client_secret: 'secret',
  private_key: 'secret',
  client_assertion: 'secret',
  resource: 'text or list',
  parameters: 'query',
  timeout_ms: 'milliseconds',
  default_lifetime_ms: 'milliseconds',
}

const oauthKeys: Keys = {
  ...oauthClientKeys,
  ...texts('grant subject_token_type actor_token_type requested_token_type'),
  subject_token: 'subject token',
  actor_token: 'secret',
  assertion: 'secret',
  identity_provider: 'oauth client',
}

/** Keys of a login, which only the command makes. */
export const loginKeys: Keys = {
  ...texts(
    'authorization_endpoint device_authorization_endpoint revocation_endpoint redirect_host redirect_path',
  ),
  redirect_port: 'port',
  store: 'store',
}

const oauthKind: Omit<KindKeys, 'keys'> = {
  required: ['client_id'],
  // Several keys may hold it, and none of them has a preset.
  credential: undefined,
  header: () => 'authorization',
  conflict: oauthConflict,
}

/** Keys of all services of kind workload-identity. */
const workloadKeys: Keys = {
  ...texts(
    'service subject_token_type identity_provider_id service_account_id client_id federation_rule_id ' +
      'organization_id workspace_id federation_policy_id host account_id audience scope impersonate ' +
      'tenant_id authority',
  ),
  subject_token: 'subject token',
  token_endpoint: 'url',
  single_use: 'boolean',
  lifetime_ms: 'milliseconds',
  timeout_ms: 'milliseconds',
  default_lifetime_ms: 'milliseconds',
}

/** The kinds that this command knows. */
export const kindKeys: ReadonlyMap<string, KindKeys> = new Map<string, KindKeys>([
  [
    'bearer',
    {
      keys: { token: 'secret', ...sourceKeys },
      required: ['token'],
      credential: 'token',
      header: () => 'authorization',
    },
  ],
  [
    'api-key',
    {
      keys: {
        key: 'secret',
        header: 'text',
        prefix: 'text',
        query: 'query name or parameters',
        ...sourceKeys,
      },
      required: ['key'],
      credential: 'key',
      header: ({ header }) => header,
      conflict: keyPlaceConflict,
    },
  ],
  [
    'sigv4',
    {
      keys: {
        ...texts('service region'),
        credentials: 'aws credentials',
        normalize_path: 'boolean',
        double_encode_path: 'boolean',
        content_sha256_header: 'boolean',
        ...texts('payload session_token'),
        signed_headers: 'signed headers',
        ...sourceKeys,
      },
      required: ['service', 'region', 'credentials'],
      credential: 'credentials',
      header: () => 'authorization',
    },
  ],
  [
    'bedrock',
    {
      keys: {
        ...texts('endpoint region'),
        token: 'secret',
        profile: 'text',
        credentials: 'aws credentials',
      },
      required: [],
      credential: undefined,
      header: () => 'authorization',
      conflict: bedrockConflict,
    },
  ],
  [
    'agent-identity',
    {
      keys: {
        agent_runtime_id: 'text',
        private_key: 'secret',
        task_id: 'text',
        account_id: 'text',
        fedramp: 'boolean',
        id_characters: 'text',
        correct_clock_skew: 'boolean',
        registration: 'registration',
      },
      required: ['agent_runtime_id', 'private_key', 'task_id'],
      credential: 'private_key',
      header: () => 'authorization',
    },
  ],
  ['oauth', { ...oauthKind, keys: { ...oauthKeys, ...loginKeys }, defaults: defaultGrant }],
  ['dpop', { ...oauthKind, keys: { ...oauthKeys, dpop_algorithm: 'text' } }],
  [
    'workload-identity',
    {
      keys: workloadKeys,
      required: ['service', 'subject_token'],
      // It goes to the service that exchanges it, and not to base_url.
      credential: undefined,
      header: () => 'authorization',
    },
  ],
  [
    'none',
    { keys: { reason: 'text' }, required: ['reason'], credential: undefined, header: () => undefined },
  ],
])

function keyPlaceConflict(has: (key: string) => boolean): { key: string; problem: string } | undefined {
  const inQuery = has('query name')
  if (has('header') && inQuery) {
    return {
      key: 'query',
      problem: 'the key goes into a header or into the query, not both: remove header or query',
    }
  }
  if (!has('header') && !inQuery) {
    return { key: 'kind', problem: 'kind api-key needs header (a header name) or query (a parameter name)' }
  }
  if (has('prefix') && inQuery) return { key: 'prefix', problem: 'prefix belongs to header, not to query' }
  return undefined
}

function oauthConflict(has: (key: string) => boolean): { key: string; problem: string } | undefined {
  if (!has('issuer') && !has('token_endpoint')) {
    const problem = 'issuer or token_endpoint is missing: one of them says where tokens come from'
    return { key: 'kind', problem }
  }
  if (!has('store') || has('login')) return undefined
  return { key: 'store', problem: 'store keeps a login: add grant = "authorization-code" or "device-code"' }
}

function bedrockConflict(has: (key: string) => boolean): { key: string; problem: string } | undefined {
  const [, second] = ['token', 'profile', 'credentials'].filter(has)
  if (second === undefined) return undefined
  return { key: second, problem: 'keep one of token, profile and credentials' }
}

/** The grants of kind `oauth` with which a user logs in: `outbound-auth login NAME`. */
export const loginGrants: readonly unknown[] = ['authorization-code', 'device-code']

/** A client that proves nothing gets no token of its own, so its user logs in. */
function defaultGrant({
  clientSecret,
  privateKey,
  clientAssertion,
  clientAuth = 'none',
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isPublic = [clientSecret, privateKey, clientAssertion].every((proof) => proof === undefined)
  return isPublic && clientAuth === 'none' ? { grant: 'authorization-code' } : {}
}
