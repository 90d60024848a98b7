import { AuthError } from '@outbound-auth/core'
import {
  type AuthSelection,
  type AwsKeysSource,
  type SelectableDefinition,
  selectAuth,
} from '@outbound-auth/resolver'
import { type BedrockLogin, type BedrockOptions, selectBedrock } from '@outbound-auth/resolver/bedrock'
import type { CodexConfig } from '../config/codex-config.js'
import type { ModelProvider } from '../config/model-provider.js'
import { keyError, loginError } from '../lib/codex-error.js'
import type { SourceMemo } from '../lib/source-memo.js'
import { type AuthDocument, loginModeOf } from '../login/auth-document.js'
import type { CodexResolverOptions } from '../login/codex-options.js'
import { checkForced } from '../login/read-login.js'
import { exportedCredentials, renewedCredentials } from './aws-commands.js'
import { commandOf, type DefinitionPlaces } from './provider-definition.js'

/** @internal The surroundings of a Bedrock provider: environment, stored login, AWS support. */
export interface BedrockSurroundings
  extends Pick<DefinitionPlaces, 'env' | 'home' | 'cwd'>,
    Pick<CodexResolverOptions, 'aws' | 'now'> {
  /** Environment for the AWS credentials of this machine. */
  readonly awsEnv: DefinitionPlaces['env']
  /** Reads the stored login. */
  readonly readDocument: () => Promise<AuthDocument | undefined>
  readonly memo: SourceMemo
  readonly config: Pick<CodexConfig, 'forcedLoginMethod'>
}

/**
 * @internal The credential of a Bedrock provider: its command; else configured AWS credentials, a stored login for
 * Bedrock, the environment. OpenAI logins are ignored.
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
  const { profile, credential_export: exported, auth_refresh: refresh } = table
  // An empty profile would let another principal sign.
  if (profile?.trim() === '') {
    throw keyError(
      provider.nameOf?.('aws', 'profile') ?? 'aws.profile',
      'is blank; name a profile, or remove the key',
    )
  }
  const isConfigured = auth !== undefined || exported !== undefined || profile !== undefined
  const login = isConfigured
    ? undefined
    : bedrockLogin(await surroundings.readDocument(), surroundings.config)
  // A stored key works only in the region that was stored with it.
  const place = { endpoint, region: login?.region ?? table.region, baseUrl } as const
  // The credentials of an exporting command replace the chain below.
  const signed: BedrockOptions = exported
    ? { ...place, credentials: { awsChain: true } }
    : { ...place, profile }
  const options: BedrockOptions = auth ? { ...place, token: commandOf(auth, surroundings) } : signed
  const profileRegion = await aws?.awsRegion({ profile, env: awsEnv })
  const selection = select(provider, options, { env, login, profileRegion })
  const definition = { ...selection.definition, kind: String(selection.definition['kind']) }
  const isSigned = definition.kind === 'sigv4'
  // A stored login and the fixed keys of the environment cannot be renewed by a login at AWS.
  const isFixed = login !== undefined || (profile === undefined && hasKeys(env))
  const refreshMs = refresh?.timeout_ms ?? 300_000
  const signIn = refresh && commandOf({ ...refresh, timeout_ms: refreshMs }, surroundings)
  let keys: CommandKeys | undefined
  if (isSigned && exported) {
    const command = commandOf(exported, surroundings)
    const credentials = memo(['export', command, signIn], () => {
      const source = exportedCredentials({ ...command, env })
      return signIn ? renewedCredentials(source, { ...signIn, env }) : source
    })
    const timeoutMs = (command.timeoutMs ?? 5000) + (signIn ? refreshMs : 0)
    // Keys without an expiration are kept until they are rejected.
    keys = { ...commandKeys(credentials, timeoutMs), refreshIntervalMs: 0 }
  } else if (isSigned && signIn && aws && !isFixed) {
    const chain = () => aws.awsCredentials({ profile, env: awsEnv, order: 'keys-first' })
    const make = () => renewedCredentials(chain(), { ...signIn, env })
    keys = commandKeys(memo(['refresh', signIn, profile], make), refreshMs)
  }
  const whole = { ...definition, ...keys, ...(isSigned && { now }) }
  return { definition: whole, selection: { ...selection, definition: whole } }
}

/** Errors of the region name the key of the configuration. */
function select(
  { id, place }: ModelProvider,
  options: BedrockOptions,
  found: Parameters<typeof selectBedrock>[1],
): AuthSelection {
  try {
    return selectBedrock(options, found)
  } catch (error) {
    if (!AuthError.is(error)) throw error
    const { code, message } = error
    const key = `model_providers.${id}`
    const text =
      code === 'ERR_AUTH_MISSING_REGION'
        ? `no region; set ${key}.aws.region, AWS_REGION or AWS_DEFAULT_REGION, or name a profile that has one`
        : message
    throw AuthError.build(`${place}: ${key}: ${text}`, { code })
  }
}

interface CommandKeys {
  readonly credentials: AwsKeysSource
  readonly timeoutMs: number
  readonly refreshIntervalMs?: number
}

/** A user may take minutes to log in. The limit of the run is shorter than this limit, because its error says more. */
function commandKeys(credentials: AwsKeysSource, timeoutMs: number): CommandKeys {
  return { credentials, timeoutMs: timeoutMs + 30_000 }
}

function hasKeys(env: DefinitionPlaces['env']): boolean {
  return ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].every((name) => env[name]?.trim())
}

function bedrockLogin(
  document: AuthDocument | undefined,
  config: BedrockSurroundings['config'],
): BedrockLogin | undefined {
  if (!document) return undefined
  const mode = loginModeOf(document)
  if (mode !== 'bedrockApiKey' && mode !== 'bedrockAccessKeys') return undefined
  checkForced(config, true, 'auth.json')
  if (mode === 'bedrockApiKey') {
    const { api_key: token, region } = document.bedrock_api_key ?? {}
    if (!token?.trim()) throw loginError('auth.json has no bedrock_api_key; log in again')
    if (!region?.trim()) throw loginError('the bedrock_api_key of auth.json has no region; log in again')
    return { token: token.trim(), region: region.trim() }
  }
  const { bedrock_access_keys: keys } = document
  if (!keys) throw loginError('auth.json has no bedrock_access_keys; log in again')
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token } = keys
  return { credentials: { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) } }
}
