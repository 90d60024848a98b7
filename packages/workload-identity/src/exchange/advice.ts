import type { WorkloadOptions } from '../options/workload-options.js'

const settings: Readonly<Record<WorkloadOptions['service'], string>> = {
  openai: 'the identity provider identityProviderId, and serviceAccountId',
  anthropic: 'the federation rule federationRuleId, organizationId and serviceAccountId',
  openrouter: 'the policy federationPolicyId',
  databricks: 'the federation policy, and clientId if the policy is of a service principal',
  gcp: 'the provider audience, and the permissions of the service account',
  azure: 'the federated credential of clientId in tenantId',
}

/** @internal What helps when a service rejects an exchange. */
export function adviceFor(workload: WorkloadOptions): string {
  if (workload.service === 'gcp' && workload.subjectTokenType === 'access_token')
    return 'The machine needs roles/iam.serviceAccountTokenCreator on impersonate'
  const needsWorkspace = workload.service === 'anthropic' && workload.workspaceId === undefined
  const workspace = needsWorkspace ? '; a rule for several workspaces needs workspaceId' : ''
  return `Compare iss, aud, sub and exp of the subject token with ${settings[workload.service]}${workspace}`
}
