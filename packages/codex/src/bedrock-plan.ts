import type { AwsKeysSource } from '@outbound-auth/resolver'
import { type AuthSelection, type SelectableDefinition, selectAuth } from '@outbound-auth/resolver'
import { type BedrockLogin, type BedrockOptions, selectBedrock } from '@outbound-auth/resolver/bedrock'
import { type AuthDocument, loginModeOf } from './auth-document.js'
import { exportedCredentials, renewedCredentials } from './aws-commands.js'
import { loginError } from './codex-error.js'
import type { CodexResolverOptions } from './codex-options.js'
import type { ModelProvider } from './model-provider.js'
import { commandOf, type DefinitionPlaces } from './provider-definition.js'
import type { SourceMemo } from './source-memo.js'

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
  let credentials: AwsKeysSource | undefined
  // Fixed keys of the environment are no login that could be renewed.
  const isFixed = profile === undefined && hasKeys(env)
  const canSignIn = definition.kind === 'sigv4' && refresh && aws && !login && !exported && !isFixed
  if (definition.kind === 'sigv4' && exported) {
    const command = commandOf(exported, surroundings)
    credentials = memo(['export', command], () => exportedCredentials({ ...command, env }))
  } else if (canSignIn) {
    const command = commandOf({ timeout_ms: 300_000, ...refresh }, surroundings)
    const chain = () => aws.awsCredentials({ profile, env: awsEnv, order: 'keys-first' })
    credentials = memo(['refresh', command, profile], () => renewedCredentials(chain(), { ...command, env }))
  }
  const whole = {
    ...definition,
    ...(credentials && { credentials }),
    ...(canSignIn && { signsInOn401: true }),
    ...(definition.kind === 'sigv4' && { now }),
  }
  return { definition: whole, selection: { ...selection, definition: whole } }
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
