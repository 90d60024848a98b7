import type { GcpAccessWorkload, GcpWorkload, WorkloadOptions } from '../options/workload-options.js'

/** @internal The part of an exchange that each service wants in another form. */
export interface ServiceRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Members = Readonly<Record<string, string | undefined>>

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const tokenType = 'urn:ietf:params:oauth:token-type:'
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

/**
 * @internal The request of a service, with the members and their order as in the SDK of its vendor.
 *
 * @param claims that the API wants in the token, as JSON text
 */
export function serviceRequest(
  workload: Exclude<WorkloadOptions, GcpAccessWorkload>,
  subject: string,
  claims: string | undefined,
): ServiceRequest {
  switch (workload.service) {
    case 'openai':
      return json({
        grant_type: tokenExchange,
        subject_token: subject,
        subject_token_type: tokenType + (workload.subjectTokenType ?? 'jwt'),
        identity_provider_id: workload.identityProviderId,
        service_account_id: workload.serviceAccountId,
        client_id: workload.clientId,
      })
    case 'anthropic':
      return json(
        {
          grant_type: jwtBearer,
          assertion: subject,
          federation_rule_id: workload.federationRuleId,
          organization_id: workload.organizationId,
          service_account_id: workload.serviceAccountId,
          workspace_id: workload.workspaceId,
        },
        { 'anthropic-beta': 'oauth-2025-04-20,oidc-federation-2026-04-01' },
      )
    case 'openrouter':
      return form({
        grant_type: tokenExchange,
        federation_policy_id: workload.federationPolicyId,
        subject_token: subject,
        subject_token_type: `${tokenType}jwt`,
        scope: workload.scope,
      })
    case 'databricks':
      return form({
        client_id: workload.clientId,
        subject_token: subject,
        subject_token_type: `${tokenType}jwt`,
        grant_type: tokenExchange,
        scope: workload.scope ?? 'all-apis',
      })
    case 'gcp':
      return gcpRequest(workload, subject)
    default:
      return form({
        client_id: workload.clientId,
        scope: workload.scope,
        grant_type: 'client_credentials',
        client_assertion: subject,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        claims,
      })
  }
}

function gcpRequest(
  { audience, scope = cloudPlatform, impersonate, subjectTokenType = 'jwt' }: GcpWorkload,
  subject: string,
): ServiceRequest {
  return form({
    grant_type: tokenExchange,
    audience,
    // The scopes of a service account's token are those of the impersonation.
    scope: impersonate === undefined ? scope : cloudPlatform,
    requested_token_type: `${tokenType}access_token`,
    subject_token: subject,
    subject_token_type: tokenType + subjectTokenType,
  })
}

/** @internal The scopes of a service account's token. */
export function impersonatedScopes(scope: string = cloudPlatform): readonly string[] {
  return scope.split(' ').filter((name) => name !== '')
}

function json(members: Members, headers: Readonly<Record<string, string>> = {}): ServiceRequest {
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(members) }
}

/** @internal A form without the members that are undefined. */
export function form(members: Members): ServiceRequest {
  const pairs = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  return { headers, body: new URLSearchParams(pairs).toString() }
}
