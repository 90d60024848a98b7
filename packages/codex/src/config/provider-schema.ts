import * as v from 'valibot'
import { configError } from '../lib/codex-error.js'
import type { ConfigPlaces } from './config-places.js'
import type { ProviderTable } from './provider-table.js'
import { expectation, textTable } from './table-schema.js'

const texts = textTable()
/** The longest delay of a timer. */
const longestMs = 2_000_000_000

/** An integer of TOML has 64 bits. A delay that is longer than any timer counts as the longest delay. */
function wholeNumber(least: 0 | 1) {
  return v.pipe(
    v.bigint(`>=${least}`),
    v.check((value) => value >= least, `>=${least}`),
    v.transform((value) => Math.min(Number(value), longestMs)),
  )
}

const command = v.object({
  command: v.string(),
  args: v.optional(v.array(v.string()), []),
  timeout_ms: v.optional(wholeNumber(1)),
  refresh_interval_ms: v.optional(wholeNumber(0)),
  cwd: v.optional(v.string()),
})

const aws = v.object({
  profile: v.optional(v.string()),
  region: v.optional(v.string()),
  credential_export: v.optional(v.omit(command, ['refresh_interval_ms'])),
  auth_refresh: v.optional(v.omit(command, ['refresh_interval_ms', 'cwd'])),
})

/** @internal The keys of a provider's table. */
export const providerSchema = v.object({
  name: v.optional(v.string(), ''),
  base_url: v.optional(v.string()),
  env_key: v.optional(v.string()),
  env_key_instructions: v.optional(v.string()),
  experimental_bearer_token: v.optional(v.string()),
  auth: v.optional(command),
  aws: v.optional(aws),
  gateway_oauth: v.optional(
    v.looseObject({
      delivery: v.optional(
        v.strictObject({
          kind: v.picklist(['header', 'cookie']),
          name: v.string(),
          scheme: v.optional(v.string()),
        }),
      ),
      credential_export: v.optional(command),
    }),
  ),
  wire_api: v.optional(v.string()),
  query_params: v.optional(texts),
  http_headers: v.optional(texts),
  env_http_headers: v.optional(texts),
  request_max_retries: v.optional(wholeNumber(0)),
  stream_max_retries: v.optional(wholeNumber(0)),
  stream_idle_timeout_ms: v.optional(wholeNumber(0)),
  websocket_connect_timeout_ms: v.optional(wholeNumber(0)),
  requires_openai_auth: v.optional(v.boolean(), false),
  supports_websockets: v.optional(v.boolean(), false),
  supports_standalone_web_search: v.optional(v.boolean(), false),
  project_id: v.optional(v.string()),
  location: v.optional(v.string()),
  credential_file: v.optional(v.string()),
})

/** @internal A provider's table, and its unknown keys: `aws.role_arn`. */
export interface ReadProviderTable {
  readonly table: ProviderTable
  readonly unknownKeys: readonly string[]
}

/**
 * @internal Checks the types of a provider's table. An unknown key is a warning, as in the real client. A wrong type is
 * an error. Neither contains a value.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build)
 */
export function readProviderTable(
  value: unknown,
  path: readonly string[],
  places: ConfigPlaces,
): ReadProviderTable {
  const parsed = v.safeParse(providerSchema, value)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const at = [...path, ...(issue.path ?? []).map(({ key }) => String(key))]
    throw configError(places.at(at), `${at.join('.')} must be ${expectation(issue)}`)
  }
  const { wire_api: wireApi } = parsed.output
  if (wireApi !== undefined && wireApi !== 'responses') {
    throw configError(
      places.at([...path, 'wire_api']),
      `${path.join('.')}: wire_api must be "responses"; "chat" is no longer supported`,
    )
  }
  const unknown = unknownIn(value, providerSchema, [])
  for (const key of unknown) {
    const at = [...path, ...key]
    places.warn(at, `unknown key ${at.join('.')} is ignored`)
  }
  return { table: parsed.output as ProviderTable, unknownKeys: unknown.map((key) => key.join('.')) }
}

type AnySchema =
  | v.GenericSchema
  | { readonly type?: string; readonly entries?: Record<string, AnySchema>; readonly wrapped?: AnySchema }

function unknownIn(value: unknown, schema: AnySchema, path: readonly string[]): (readonly string[])[] {
  const inner = 'wrapped' in schema && schema.wrapped ? schema.wrapped : schema
  if (!('entries' in inner) || !inner.entries || typeof value !== 'object' || value === null) return []
  const { entries } = inner
  return Object.entries(value).flatMap(([name, member]) => {
    const known = Object.hasOwn(entries, name) && entries[name]
    if (known) return unknownIn(member, known, [...path, name])
    // The table of a gateway is checked as a whole.
    return inner.type === 'loose_object' ? [] : [[...path, name]]
  })
}
