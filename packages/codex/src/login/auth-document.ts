import * as v from 'valibot'
import { loginError } from '../lib/codex-error.js'

/** The tokens of a ChatGPT login. Every property is secret. */
export interface CodexTokens {
  readonly id_token: string
  readonly access_token: string
  readonly refresh_token: string
  readonly account_id?: string | null | undefined
}

/** The content of a Codex `auth.json`, in the file's own spelling. Other properties stay in the file. */
export interface AuthDocument {
  readonly auth_mode?: string | null | undefined
  readonly OPENAI_API_KEY?: string | null | undefined
  readonly tokens?: CodexTokens | null | undefined
  readonly last_refresh?: string | null | undefined
  readonly agent_identity?: string | Readonly<Record<string, unknown>> | null | undefined
  readonly personal_access_token?: string | null | undefined
  readonly bedrock_api_key?: { readonly api_key: string; readonly region: string } | null | undefined
  readonly bedrock_access_keys?:
    | {
        readonly access_key_id: string
        readonly secret_access_key: string
        readonly session_token?: string | null | undefined
      }
    | null
    | undefined
}

const text = v.nullish(v.string())
/** @internal The schema of an `auth.json`. */
export const authDocumentSchema = v.looseObject({
  auth_mode: text,
  OPENAI_API_KEY: text,
  tokens: v.nullish(
    v.looseObject({
      id_token: v.string(),
      access_token: v.string(),
      refresh_token: v.string(),
      account_id: text,
    }),
  ),
  last_refresh: text,
  agent_identity: v.nullish(v.union([v.string(), v.record(v.string(), v.unknown())])),
  personal_access_token: text,
  bedrock_api_key: v.nullish(v.looseObject({ api_key: v.string(), region: v.string() })),
  bedrock_access_keys: v.nullish(
    v.looseObject({ access_key_id: v.string(), secret_access_key: v.string(), session_token: text }),
  ),
})

/**
 * Checks the content of an `auth.json`: the `parse` option of its `fileStore`.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build), which names the property and quotes nothing
 */
export function parseAuthDocument(json: unknown): AuthDocument {
  // A list is an object to the schema.
  const parsed = v.safeParse(authDocumentSchema, Array.isArray(json) ? undefined : json)
  if (parsed.success) return parsed.output as AuthDocument
  const path = (parsed.issues[0].path ?? []).map(({ key }) => String(key)).join('.')
  throw loginError(`auth.json ${path ? `has a malformed ${path}` : 'is not a JSON object'}; log in again`)
}

/** The kinds of login that Codex knows. */
export type LoginMode =
  | 'apikey'
  | 'chatgpt'
  | 'chatgptAuthTokens'
  | 'headers'
  | 'agentIdentity'
  | 'personalAccessToken'
  | 'bedrockApiKey'
  | 'bedrockAccessKeys'

const modes: readonly string[] = [
  'apikey',
  'chatgpt',
  'chatgptAuthTokens',
  'headers',
  'agentIdentity',
  'personalAccessToken',
  'bedrockApiKey',
  'bedrockAccessKeys',
] satisfies LoginMode[]

/**
 * The mode of a document: its `auth_mode`, else that of the first credential that is present, even if it is empty. An
 * agent identity alone has no mode.
 *
 * @returns undefined if the document has no login
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build) for an unknown mode
 */
export function loginModeOf(document: AuthDocument): LoginMode | undefined {
  const { auth_mode: named } = document
  if (named !== null && named !== undefined) {
    if (modes.includes(named)) return named as LoginMode
    throw loginError(
      `auth.json has an unknown auth_mode; it must be one of ${modes.join(', ')}: correct it, or log in again`,
    )
  }
  const isThere = (name: keyof AuthDocument) => document[name] !== undefined && document[name] !== null
  if (isThere('personal_access_token')) return 'personalAccessToken'
  if (isThere('bedrock_api_key')) return 'bedrockApiKey'
  if (isThere('bedrock_access_keys')) return 'bedrockAccessKeys'
  if (isThere('OPENAI_API_KEY')) return 'apikey'
  return isThere('tokens') ? 'chatgpt' : undefined
}
