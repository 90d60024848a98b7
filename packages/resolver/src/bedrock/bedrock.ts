import { AuthError } from '@outbound-auth/core'
import { checkOptions, optionError } from '@outbound-auth/core/provider'
import { type AuthSelection, selectionTrace } from '../decide/selection-trace.js'
import type { AwsReference } from '../definition/aws-reference.js'
import type { SecretReference } from '../definition/secret-reference.js'
import { bedrockEndpoints, bedrockKeyRegion } from './bedrock-region.js'

export { type BedrockEndpoint, bedrockEndpoints, bedrockKeyRegion } from './bedrock-region.js'

/** Options of {@link selectBedrock}. All are optional; the surroundings have the defaults. */
export interface BedrockOptions {
  /**
   * `'mantle'` (OpenAI-compatible, in 12 regions) or `'runtime'`.
   *
   * @default 'mantle'
   */
  readonly endpoint?: 'mantle' | 'runtime' | undefined
  /** @default see {@link selectBedrock} */
  readonly region?: string | undefined
  /** Replaces the URL of the endpoint. Region and signing name stay. */
  readonly baseUrl?: string | undefined
  /** A Bedrock API key, or a reference to it. */
  readonly token?: string | SecretReference | undefined
  /** The name of a profile in the shared AWS files. */
  readonly profile?: string | undefined
  /** A reference to AWS credentials. */
  readonly credentials?: AwsReference | undefined
}

/** Values from outside of the definition. The definition wins over them. */
export interface BedrockSurroundings {
  /** The variables `AWS_BEARER_TOKEN_BEDROCK`, `AWS_REGION` and `AWS_DEFAULT_REGION` are read. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A login that was stored for Bedrock: an API key with its region, or AWS credentials. */
  readonly login?: BedrockLogin | undefined
  /** The region of the profile in the shared AWS files; see `awsRegion` of `@outbound-auth/sigv4/node`. */
  readonly profileRegion?: string | undefined
}

/** A Bedrock API key or AWS credentials, with the region that was stored with them. */
export type BedrockLogin =
  | { readonly token: string | SecretReference; readonly region?: string | undefined }
  | { readonly credentials: AwsReference; readonly region?: string | undefined }

const optionNames = ['endpoint', 'region', 'baseUrl', 'token', 'profile', 'credentials']
const surroundingNames = ['env', 'login', 'profileRegion']

/**
 * Decides how requests to Amazon Bedrock are authenticated, which URL they go to, and for which region. The result is a
 * definition of kind `bearer` or `sigv4`, with the reason in words.
 *
 * The first of these credentials wins: `token`; `profile` or `credentials`; the stored login;
 * `AWS_BEARER_TOKEN_BEDROCK`; the AWS credentials of this machine. The region is the first of: `region`, the region of
 * the stored login or of a short-term key, `AWS_REGION`, `AWS_DEFAULT_REGION`, and, for signed requests, the region of
 * the profile.
 *
 * The decision depends on the arguments alone: no I/O, no clock.
 *
 * @throws TypeError when an option is unknown or malformed
 * @throws AuthError build: `ERR_AUTH_CONTRADICTION` for two credentials in one definition, `ERR_AUTH_MISSING_REGION`
 * when there is no region, `ERR_AUTH_REGION` when the endpoint is not in the region
 */
export function selectBedrock(options: BedrockOptions, surroundings: BedrockSurroundings): AuthSelection {
  const checked = checkOptions('selectBedrock', options, optionNames)
  const { endpoint = 'mantle', baseUrl } = checked
  if (!Object.hasOwn(bedrockEndpoints, endpoint))
    throw optionError("selectBedrock: endpoint must be 'mantle' or 'runtime'", 'endpoint')
  const { env, login, profileRegion } = checkOptions(
    'selectBedrock: surroundings',
    surroundings,
    surroundingNames,
  )
  checkOneCredential(checked)
  const trace = selectionTrace()
  const variable = (name: string) => (Object.hasOwn(env, name) && env[name]?.trim()) || undefined
  const environmentToken = variable('AWS_BEARER_TOKEN_BEDROCK')
  const candidates = [
    ofDefinition(checked),
    ofProfile(checked),
    ofLogin(login),
    ofEnvironment(environmentToken),
  ]
  for (const { rule, found } of candidates) {
    if (found) break
    trace.passOver(rule, 'it is not set')
  }
  const { rule, found, because } = candidates.find(isFound) ?? ofMachine
  const isSigned = 'credentials' in found
  const keyRegion = found.region?.trim() || undefined
  const region =
    checked.region?.trim() ||
    keyRegion ||
    variable('AWS_REGION') ||
    variable('AWS_DEFAULT_REGION') ||
    (isSigned && profileRegion?.trim()) ||
    undefined
  const place = placeOf(endpoint, region, baseUrl, isSigned)
  const doubt = keyRegion && keyRegion !== place.region ? `, though its own is ${keyRegion}` : ''
  const definition = isSigned
    ? { kind: 'sigv4', credentials: found.credentials, signedHeaders: 'all', ...place }
    : { kind: 'bearer', token: found.token, baseUrl: place.baseUrl }
  return trace.choose(rule, because, definition, `${rule}: ${because}; region ${place.region}${doubt}`)
}

function checkOneCredential({ token, profile, credentials }: BedrockOptions): void {
  const given = Object.entries({ token, profile, credentials }).filter(([, value]) => value !== undefined)
  const [, second] = given
  if (second === undefined) return
  throw AuthError.build('Cannot choose a Bedrock credential: keep one of token, profile and credentials', {
    code: 'ERR_AUTH_CONTRADICTION',
    option: second[0],
  })
}

/** A place where a credential may be. */
interface Candidate {
  readonly rule: string
  readonly found: BedrockLogin | undefined
  readonly because: string
}

type FoundCandidate = Candidate & { readonly found: BedrockLogin }

function isFound(candidate: Candidate): candidate is FoundCandidate {
  return candidate.found !== undefined
}

function ofDefinition({ token }: BedrockOptions): Candidate {
  const region = typeof token === 'string' ? bedrockKeyRegion(token) : undefined
  return {
    rule: 'token of the definition',
    found: token === undefined ? undefined : { token, region },
    because: 'the definition has a Bedrock API key',
  }
}

function ofProfile({ credentials, profile }: BedrockOptions): Candidate {
  const rule = 'AWS credentials of the definition'
  if (credentials) return { rule, found: { credentials }, because: 'the definition has them' }
  const found = profile ? { credentials: { awsChain: true as const, profile } } : undefined
  return { rule, found, because: `the definition names the profile ${profile}` }
}

function ofLogin(login: BedrockLogin | undefined): Candidate {
  return { rule: 'stored login', found: login, because: 'a login is stored for Bedrock' }
}

function ofEnvironment(token: string | undefined): Candidate {
  const rule = 'AWS_BEARER_TOKEN_BEDROCK'
  const found = token ? { token: { env: rule }, region: bedrockKeyRegion(token) } : undefined
  return { rule, found, because: 'it is set' }
}

const ofMachine: FoundCandidate = {
  rule: 'AWS credentials of this machine',
  found: { credentials: { awsChain: true } },
  because: 'nothing else is there',
}

function placeOf(
  endpoint: 'mantle' | 'runtime',
  region: string | undefined,
  baseUrl: string | undefined,
  isSigned: boolean,
): { readonly service: string; readonly region: string; readonly baseUrl: string } {
  const { service, regions, baseUrl: urlIn } = bedrockEndpoints[endpoint]
  if (region === undefined) {
    const places = isSigned
      ? 'AWS_REGION, AWS_DEFAULT_REGION or the profile'
      : 'AWS_REGION or AWS_DEFAULT_REGION'
    throw AuthError.build(`Cannot reach Amazon Bedrock: no region; set region in the definition, ${places}`, {
      code: 'ERR_AUTH_MISSING_REGION',
      option: 'region',
    })
  }
  if (baseUrl === undefined && regions?.has(region) === false) {
    throw regionError(
      `the ${endpoint} endpoint is not in region ${region}; it is in ${[...regions].join(', ')}, or set a base URL`,
    )
  }
  if (!/^[a-z\d-]+$/.test(region)) throw regionError('the region is malformed')
  return { service, region, baseUrl: baseUrl ?? urlIn(region) }
}

function regionError(problem: string): AuthError {
  const code = 'ERR_AUTH_REGION'
  return AuthError.build(`Cannot reach Amazon Bedrock: ${problem}`, { code, option: 'region' })
}
