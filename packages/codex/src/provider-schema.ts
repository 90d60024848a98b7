import * as v from 'valibot'
import { configError } from './codex-error.js'
import type { ConfigPlaces } from './config-places.js'

/** A command of a provider's table. */
export interface CommandTable {
  readonly command: string
  readonly args: readonly string[]
  /** @default 5000 */
  readonly timeout_ms?: number | undefined
  /** 0 keeps a token until it is refused. @default 300000 */
  readonly refresh_interval_ms?: number | undefined
  /** A relative one starts at the folder of the configuration. @default the session's folder */
  readonly cwd?: string | undefined
}

/** How a gateway wants the second credential, and what gets it. */
export interface GatewayTable {
  readonly delivery?:
    | {
        readonly kind: 'header' | 'cookie'
        readonly name: string
        readonly scheme?: string | undefined
      }
    | undefined
  readonly credential_export?: CommandTable | undefined
}

/** A `[model_providers.ID]`, in the file's own spelling. */
export interface ProviderTable {
  readonly name: string
  readonly base_url?: string | undefined
  readonly env_key?: string | undefined
  readonly env_key_instructions?: string | undefined
  readonly experimental_bearer_token?: string | undefined
  readonly auth?: CommandTable | undefined
  readonly aws?:
    | {
        readonly profile?: string | undefined
        readonly region?: string | undefined
        readonly credential_export?: CommandTable | undefined
        readonly auth_refresh?: CommandTable | undefined
      }
    | undefined
  readonly gateway_oauth?: GatewayTable | undefined
  readonly query_params?: Readonly<Record<string, string>> | undefined
  readonly http_headers?: Readonly<Record<string, string>> | undefined
  readonly env_http_headers?: Readonly<Record<string, string>> | undefined
  readonly requires_openai_auth: boolean
  readonly supports_websockets: boolean
  readonly project_id?: string | undefined
  readonly location?: string | undefined
}

const texts = v.record(v.string(), v.string())
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0))
const positiveNumber = v.pipe(v.number(), v.integer(), v.minValue(1))

const command = v.object({
  command: v.string(),
  args: v.optional(v.array(v.string()), []),
  timeout_ms: v.optional(positiveNumber),
  refresh_interval_ms: v.optional(wholeNumber),
  cwd: v.optional(v.string()),
})

const aws = v.object({
  profile: v.optional(v.string()),
  region: v.optional(v.string()),
  credential_export: v.optional(v.omit(command, ['refresh_interval_ms'])),
  auth_refresh: v.optional(v.omit(command, ['refresh_interval_ms', 'cwd'])),
})

const gateway = v.object({
  delivery: v.optional(
    v.object({
      kind: v.picklist(['header', 'cookie']),
      name: v.string(),
      scheme: v.optional(v.string()),
    }),
  ),
  credential_export: v.optional(command),
})

const provider = v.object({
  name: v.optional(v.string(), ''),
  base_url: v.optional(v.string()),
  env_key: v.optional(v.string()),
  env_key_instructions: v.optional(v.string()),
  experimental_bearer_token: v.optional(v.string()),
  auth: v.optional(command),
  aws: v.optional(aws),
  gateway_oauth: v.optional(gateway),
  wire_api: v.optional(v.string()),
  query_params: v.optional(texts),
  http_headers: v.optional(texts),
  env_http_headers: v.optional(texts),
  request_max_retries: v.optional(wholeNumber),
  stream_max_retries: v.optional(wholeNumber),
  stream_idle_timeout_ms: v.optional(wholeNumber),
  websocket_connect_timeout_ms: v.optional(wholeNumber),
  requires_openai_auth: v.optional(v.boolean(), false),
  supports_websockets: v.optional(v.boolean(), false),
  supports_standalone_web_search: v.optional(v.boolean(), false),
  project_id: v.optional(v.string()),
  location: v.optional(v.string()),
})

/**
 * @internal Checks the types of a provider's table. What it does not know is a warning, as the real client takes it; what has
 * the wrong type is an error. No value gets into either.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build)
 */
export function readProviderTable(
  value: unknown,
  path: readonly string[],
  places: ConfigPlaces,
): ProviderTable {
  const parsed = v.safeParse(provider, value)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const at = [...path, ...(issue.path ?? []).map(({ key }) => String(key))]
    throw configError(places.at(at), `${at.join('.')} must be ${expectation(issue.expected)}`)
  }
  const { wire_api: wireApi } = parsed.output
  if (wireApi !== undefined && wireApi !== 'responses') {
    throw configError(
      places.at([...path, 'wire_api']),
      `${path.join('.')}: wire_api must be "responses"; "chat" is no longer supported`,
    )
  }
  warnUnknown(value, provider, path, places)
  return parsed.output
}

const expectations: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  Object: 'a table',
  Array: 'a list',
  '>=0': 'a whole number, 0 or more',
  '>=1': 'a whole number greater than 0',
}

function expectation(expected: string | null): string {
  if (expected?.startsWith('"')) return 'present'
  return expectations[expected ?? ''] ?? `one of ${expected}`
}

type AnySchema =
  | v.GenericSchema
  | { readonly entries?: Record<string, AnySchema>; readonly wrapped?: AnySchema }

function warnUnknown(value: unknown, schema: AnySchema, path: readonly string[], places: ConfigPlaces): void {
  const inner = 'wrapped' in schema && schema.wrapped ? schema.wrapped : schema
  if (!('entries' in inner) || !inner.entries || typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name]
    const known = Object.hasOwn(inner.entries, name) && inner.entries[name]
    if (known) warnUnknown(member, known, at, places)
    else places.warn(at, `unknown key ${at.join('.')} is ignored`)
  }
}
