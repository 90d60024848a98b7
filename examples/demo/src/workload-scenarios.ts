import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoRequest, DemoResponse } from './demo-request.js'
import type { DemoScenario } from './demo-scenario.js'
import { unwanted } from './find-credential.js'
import { type ExpectedKeys, verifySignature } from './verify-signature.js'

/** The account that the API of the demo accepts. */
const account = 'account-1'
/** The accounts of issued tokens. */
type Issued = Map<string, string>

/**
 * Three workloads without a static secret: one with a file as Kubernetes writes it, one with a token that the service
 * accepts once, and one with an AWS role.
 */
export function workloadScenarios(subject: string, directory: string): DemoScenario[] {
  writeFileSync(join(directory, 'subject-token'), `${subject}\n`, { mode: 0o600 })
  const openai = (id: string) => [
    'service = "openai"',
    'identity_provider_id = "provider-1"',
    `service_account_id = "${id}"`,
    'subject_token = { file = "subject-token" }',
  ]
  const anthropic = (id: string) => [
    'service = "anthropic"',
    'federation_rule_id = "rule-1"',
    'organization_id = "organization-1"',
    `service_account_id = "${id}"`,
    'subject_token = { env = "DEMO_SUBJECT" }',
  ]
  return [
    scenario('workload-openai', openai, (request, issued) =>
      issue(request, issued, 'subject_token', subject),
    ),
    scenario('workload-claude', anthropic, (request, issued) => {
      const isBeta = String(request.headers['anthropic-beta']).includes('oidc-federation-2026-04-01')
      return isBeta ? issue(request, issued, 'assertion', subject) : rejected
    }),
    roleScenario(subject),
  ]
}

const roles = 'arn:aws:iam::123456789012:role'

/** Signs with the credentials of a role, for which AWS STS exchanges the subject token. */
function roleScenario(subject: string): DemoScenario {
  const issued = new Map<string, ExpectedKeys & { readonly role: string | null }>()
  const toml = (role: string) => [
    'kind = "sigv4"',
    'service = "execute-api"',
    'region = "us-east-1"',
    `credentials = { role_arn = "${roles}/${role}", subject_token = { file = "subject-token" }, token_endpoint = "{origin}/workload-aws/token" }`,
  ]
  return {
    name: 'workload-aws',
    kind: 'sigv4',
    toml: toml('agent'),
    tampered: toml('other'),
    // One for the credentials.
    requests: 2,
    respond({ target, body }) {
      if (!target.endsWith('/token')) return undefined
      const form = new URLSearchParams(body)
      if (form.get('WebIdentityToken') !== subject)
        return { status: 400, text: stsError('InvalidIdentityToken') }
      const keys = {
        accessKeyId: `ASIA${issued.size}`,
        secretAccessKey: randomBytes(24).toString('base64url'),
        role: form.get('RoleArn'),
      }
      issued.set(keys.accessKeyId, keys)
      return { status: 200, text: stsCredentials(keys) }
    },
    verify(request) {
      const [, accessKeyId = ''] = /Credential=([^/]+)/.exec(String(request.headers['authorization'])) ?? []
      const keys = issued.get(accessKeyId)
      if (!keys) return 'unknown access key'
      if (keys.role !== `${roles}/agent`) return 'wrong role'
      if (request.headers['x-amz-security-token'] !== 'session-1') return 'wrong session token'
      return unwanted(request, 'authorization') ?? verifySignature(request, keys)
    },
  }
}

const stsError = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`

function stsCredentials({ accessKeyId, secretAccessKey }: ExpectedKeys): string {
  const action = 'AssumeRoleWithWebIdentity'
  const expiration = new Date(Date.now() + 900_000).toISOString()
  const credentials = [
    `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>`,
    `<SessionToken>session-1</SessionToken><Expiration>${expiration}</Expiration>`,
  ].join('')
  return `<${action}Response><${action}Result><Credentials>${credentials}</Credentials></${action}Result></${action}Response>`
}

const rejected: DemoResponse = { status: 401, json: { error: 'invalid_grant' } }

function scenario(
  name: string,
  linesFor: (account: string) => readonly string[],
  exchange: (request: DemoRequest, issued: Issued) => DemoResponse,
): DemoScenario {
  const issued: Issued = new Map()
  const toml = (id: string) => [
    'kind = "workload-identity"',
    `token_endpoint = "{origin}/${name}/token"`,
    ...linesFor(id),
  ]
  return {
    name,
    kind: 'workload-identity',
    toml: toml(account),
    tampered: toml('account-2'),
    // One for the token.
    requests: 2,
    respond: (request) => (request.target.endsWith('/token') ? exchange(request, issued) : undefined),
    verify(request) {
      const [scheme, token = ''] = String(request.headers['authorization']).split(' ')
      const owner = issued.get(token)
      if (scheme !== 'Bearer' || owner === undefined) return 'wrong authorization'
      if (owner !== account) return 'wrong account'
      const beta = request.headers['anthropic-beta']
      if (name === 'workload-claude' && beta !== 'oauth-2025-04-20') return 'wrong beta'
      return unwanted(request, 'authorization')
    },
  }
}

/** Issues a token for the right subject token. */
function issue({ body }: DemoRequest, issued: Issued, member: string, subject: string): DemoResponse {
  const given = JSON.parse(body)
  if (given[member] !== subject) return rejected
  const token = randomBytes(24).toString('base64url')
  issued.set(token, String(given['service_account_id']))
  return { status: 200, json: { access_token: token, token_type: 'Bearer', expires_in: 60 } }
}
