import { AuthError, checkOptions } from '@outbound-auth/core'
import type { AwsReference } from './aws-reference.js'
import { bedrockEndpoints, bedrockKeyRegion } from './bedrock-region.js'
import type { SecretReference } from './secret-reference.js'
import type { AuthSelection, SelectionStep } from './select-auth.js'

export { type BedrockEndpoint, bedrockEndpoints, bedrockKeyRegion } from './bedrock-region.js'

/** What is known of an Amazon Bedrock provider. All of it is optional; the environment fills in. */
export interface BedrockOptions {
  /**
   * `'mantle'` (OpenAI-compatible, in 12 regions) or `'runtime'`.
   *
   * @default 'mantle'
   */
  readonly endpoint?: 'mantle' | 'runtime' | undefined
  /** @default see {@link selectBedrock} */
  readonly region?: string | undefined
  /** Replaces the endpoint's address; region and signing name stay. */
  readonly baseUrl?: string | undefined
  /** A Bedrock API key, or where it is. */
  readonly token?: string | SecretReference | undefined
  /** Name of a profile in the shared AWS files. */
  readonly profile?: string | undefined
  /** AWS credentials, or where they are. */
  readonly credentials?: AwsReference | undefined
}

/** What was found outside of the definition, and counts less than it. */
export interface BedrockSurroundings {
  /** Variables that are looked at: `AWS_BEARER_TOKEN_BEDROCK`, `AWS_REGION`, `AWS_DEFAULT_REGION`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A login that was stored for Bedrock: an API key with its region, or AWS credentials. */
  readonly login?: BedrockLogin | undefined
  /** The region of the profile in use, from the shared AWS files; see `awsRegion` of `@outbound-auth/sigv4/node`. */
  readonly profileRegion?: string | undefined
}

const optionNames = ['endpoint', 'region', 'baseUrl', 'token', 'profile', 'credentials']

/**
 * Decides how requests to Amazon Bedrock are authenticated, where they go, and for which region: a definition of kind
 * `bearer` or `sigv4`, with the reason in words.
 *
 * The first of these wins: `token`; `profile` or `credentials`; the stored login; `AWS_BEARER_TOKEN_BEDROCK`; the AWS
 * credentials of this machine. The region is the first of: `region`, that of the stored login or of a short-term key, `AWS_REGION`,
 * `AWS_DEFAULT_REGION`, and, for signed requests, the profile's.
 *
 * It is a pure function of its arguments: no I/O, no clock.
 *
 * @throws TypeError when an option is unknown or malformed
 * @throws AuthError build: `ERR_AUTH_CONTRADICTION` for two credentials in one definition, `ERR_AUTH_MISSING_REGION` when nothing says the
 * region, `ERR_AUTH_REGION` when the endpoint does not exist there
 */
export function selectBedrock(options: BedrockOptions, surroundings: BedrockSurroundings): AuthSelection {
  const own = checkOptions('selectBedrock', options, optionNames)
  const { endpoint = 'mantle', token, profile, credentials } = own
  if (!Object.hasOwn(bedrockEndpoints, endpoint))
    throw new TypeError("selectBedrock: endpoint must be 'mantle' or 'runtime'")
  const known = ['env', 'login', 'profileRegion']
  const { env, login, profileRegion } = checkOptions('selectBedrock: surroundings', surroundings, known)
  const given = [token, profile, credentials].filter((value) => value !== undefined)
  if (given.length > 1) {
    throw AuthError.build('Cannot choose a Bedrock credential: keep one of token, profile and credentials', {
      code: 'ERR_AUTH_CONTRADICTION',
    })
  }
  const trace: SelectionStep[] = []
  const variable = (name: string) => (Object.hasOwn(env, name) && env[name]?.trim()) || undefined
  const environmentToken = variable('AWS_BEARER_TOKEN_BEDROCK')
  const candidates: readonly Candidate[] = [
    {
      rule: 'token of the definition',
      found: token === undefined ? undefined : { token, region: literalRegion(token) },
      because: 'the definition has a Bedrock API key',
    },
    {
      rule: 'AWS credentials of the definition',
      found: credentials
        ? { credentials }
        : profile
          ? { credentials: { awsChain: true, profile } }
          : undefined,
      because: credentials ? 'the definition has them' : `the definition names the profile ${profile}`,
    },
    { rule: 'stored login', found: login, because: 'a login is stored for Bedrock' },
    {
      rule: 'AWS_BEARER_TOKEN_BEDROCK',
      found: environmentToken && {
        token: { env: 'AWS_BEARER_TOKEN_BEDROCK' },
        region: bedrockKeyRegion(environmentToken),
      },
      because: 'it is set',
    },
  ]
  const last = {
    rule: 'AWS credentials of this machine',
    found: { credentials: { awsChain: true as const } },
    because: 'nothing else is there',
  }
  const chosen = candidates.find((candidate): candidate is Chosen => Boolean(candidate.found)) ?? last
  for (const candidate of candidates) {
    if (candidate === chosen) break
    trace.push({ rule: candidate.rule, outcome: 'passed-over', because: 'there is none' })
  }
  const { rule, found, because } = chosen
  trace.push({ rule, outcome: 'chosen', because })
  const isSigned = 'credentials' in found
  const keyRegion = ('region' in found && found.region?.trim()) || undefined
  const region =
    options.region?.trim() ||
    keyRegion ||
    variable('AWS_REGION') ||
    variable('AWS_DEFAULT_REGION') ||
    (isSigned && profileRegion?.trim()) ||
    undefined
  const place = placeOf(endpoint, region, options.baseUrl, isSigned)
  const doubt = keyRegion && keyRegion !== place.region ? `, though its own is ${keyRegion}` : ''
  const definition = isSigned
    ? { kind: 'sigv4', credentials: found.credentials, signedHeaders: 'all', ...place }
    : { kind: 'bearer', token: found.token, baseUrl: place.baseUrl }
  return { definition, reason: `${rule}: ${because}; region ${place.region}${doubt}`, trace }
}

/** A Bedrock API key or AWS credentials, with the region that was stored with them. */
export type BedrockLogin =
  | { readonly token: string | SecretReference; readonly region?: string | undefined }
  | { readonly credentials: AwsReference; readonly region?: string | undefined }

interface Chosen {
  readonly rule: string
  readonly found: BedrockLogin
  readonly because: string
}

interface Candidate extends Omit<Chosen, 'found'> {
  readonly found: BedrockLogin | '' | undefined
}

function literalRegion(token: string | SecretReference): string | undefined {
  return typeof token === 'string' ? bedrockKeyRegion(token) : undefined
}

function placeOf(
  endpoint: 'mantle' | 'runtime',
  region: string | undefined,
  baseUrl: string | undefined,
  isSigned: boolean,
): { readonly service: string; readonly region: string; readonly baseUrl: string } {
  const { service, regions, baseUrl: addressIn } = bedrockEndpoints[endpoint]
  if (region === undefined) {
    const places = isSigned
      ? 'AWS_REGION, AWS_DEFAULT_REGION or the profile'
      : 'AWS_REGION or AWS_DEFAULT_REGION'
    throw AuthError.build(`Cannot reach Amazon Bedrock: no region; set region in the definition, ${places}`, {
      code: 'ERR_AUTH_MISSING_REGION',
    })
  }
  if (baseUrl === undefined && regions?.has(region) === false) {
    throw AuthError.build(
      `Cannot reach Amazon Bedrock: the ${endpoint} endpoint is not in region ${region}; it is in ${[...regions].join(', ')}, or set a base URL`,
      { code: 'ERR_AUTH_REGION' },
    )
  }
  if (!/^[a-z\d-]+$/.test(region)) {
    throw AuthError.build('Cannot reach Amazon Bedrock: the region is malformed', { code: 'ERR_AUTH_REGION' })
  }
  return { service, region, baseUrl: baseUrl ?? addressIn(region) }
}
