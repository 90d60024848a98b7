import type { AwsKeysSource } from '@outbound-auth/resolver'
import { type AuthSelection, type SelectableDefinition, selectAuth } from '@outbound-auth/resolver'
import { type BedrockLogin, type BedrockOptions, selectBedrock } from '@outbound-auth/resolver/bedrock'
import type { ModelProvider } from '../config/model-provider.js'
import { loginError } from '../lib/codex-error.js'
import type { SourceMemo } from '../lib/source-memo.js'
import { type AuthDocument, loginModeOf } from '../login/auth-document.js'
import type { CodexResolverOptions } from '../login/codex-options.js'
import { exportedCredentials, renewedCredentials } from './aws-commands.js'
import { commandOf, type DefinitionPlaces } from './provider-definition.js'

/** @internal What a Bedrock provider is decided from. */
export interface BedrockSurroundings
  extends Pick<DefinitionPlaces, 'env' | 'home' | 'cwd'>,
    Pick<CodexResolverOptions, 'aws' | 'now'> {
  /** Environment for the AWS credentials of this machine. */
  readonly awsEnv: DefinitionPlaces['env']
  /** The stored login, if it is one for Bedrock that counts. */
  readonly readDocument: () => Promise<AuthDocument | undefined>
  readonly memo: SourceMemo
}

/**
 * @internal The credential of a Bedrock provider: its command; else configured AWS credentials, a stored login for Bedrock, the
 * environment. OpenAI logins are never looked at.
 */
export async function bedrockPlan(
  provider: ModelProvider,
  surroundings: BedrockSurroundings,
): Promise<{ readonly selection: AuthSelection; readonly definition: SelectableDefinition }> {
  const { env, awsEnv, aws, now, memo } = surroundings
  const { auth, aws: table = {} } = provider
  const baseUrl = provider.base_url?.trim() || undefined
  if (auth && baseUrl !== undefined) {
    const definition = { kind: 'bearer', token: commandOf(auth, surroundings), baseUrl }
    return { definition, selection: selectAuth(definition) }
  }
  const endpoint = provider.id === 'amazon-bedrock' ? 'mantle' : 'runtime'
  const profile = table.profile?.trim() || undefined
  const { credential_export: exported, auth_refresh: refresh, region } = table
  const place = { endpoint, region, baseUrl } as const
  const own: BedrockOptions = auth
    ? { ...place, token: commandOf(auth, surroundings) }
    : exported
      ? // A stand-in: the command takes its place below.
        { ...place, credentials: { awsChain: true } }
      : { ...place, profile }
  const isOwn = auth !== undefined || exported !== undefined || profile !== undefined
  const login = isOwn ? undefined : bedrockLogin(await surroundings.readDocument())
  const profileRegion = await aws?.awsRegion({ profile, env: awsEnv })
  const selection = selectBedrock(own, { env, login, profileRegion })
  const definition = { ...selection.definition, kind: String(selection.definition['kind']) }
  const isSigned = definition.kind === 'sigv4'
  // A stored login and the fixed keys of the environment cannot be renewed by a login at AWS.
  const isFixed = login !== undefined || (profile === undefined && hasKeys(env))
  let keys: CommandKeys | undefined
  if (isSigned && exported) {
    const command = commandOf(exported, surroundings)
    const credentials = memo(['export', command], () => exportedCredentials({ ...command, env }))
    keys = commandKeys(credentials, command.timeoutMs ?? 5000)
  } else if (isSigned && refresh && aws && !isFixed) {
    const timeoutMs = refresh.timeout_ms ?? 300_000
    const command = commandOf({ ...refresh, timeout_ms: timeoutMs }, surroundings)
    const chain = () => aws.awsCredentials({ profile, env: awsEnv, order: 'keys-first' })
    const make = () => renewedCredentials(chain(), { ...command, env })
    keys = commandKeys(memo(['refresh', command, profile], make), timeoutMs)
  }
  const whole = { ...definition, ...keys, ...(isSigned && { now }) }
  return { definition: whole, selection: { ...selection, definition: whole } }
}

interface CommandKeys {
  readonly credentials: AwsKeysSource
  readonly timeoutMs: number
}

/** A user may take minutes to log in. The run's own limit comes first, for the sake of its error. */
function commandKeys(credentials: AwsKeysSource, timeoutMs: number): CommandKeys {
  return { credentials, timeoutMs: timeoutMs + 30_000 }
}

function hasKeys(env: DefinitionPlaces['env']): boolean {
  return ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].every((name) => env[name]?.trim())
}

function bedrockLogin(document: AuthDocument | undefined): BedrockLogin | undefined {
  if (!document) return undefined
  const mode = loginModeOf(document)
  if (mode === 'bedrockApiKey') {
    const { bedrock_api_key: key } = document
    if (!key?.api_key) throw loginError('auth.json has no bedrock_api_key')
    return { token: key.api_key.trim(), region: key.region }
  }
  if (mode !== 'bedrockAccessKeys') return undefined
  const { bedrock_access_keys: keys } = document
  if (!keys) throw loginError('auth.json has no bedrock_access_keys')
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token } = keys
  return { credentials: { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) } }
}
