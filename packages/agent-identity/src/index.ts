export { AuthError } from '@outbound-auth/core'
export {
  type AgentIdentityAuth,
  type AgentIdentityAuthOptions,
  agentIdentityAuth,
} from './agent-identity-auth.js'
export {
  type AgentPublicKey,
  type VerifiedAgent,
  type VerifyAgentAssertionOptions,
  verifyAgentAssertion,
} from './assertion/verify-agent-assertion.js'
export { type AgentKey, generateAgentKey, parseAgentKey } from './key/agent-key.js'
export type { AgentIdCharacters } from './lib/agent-id.js'
export type { AgentIdentityRecord } from './lib/agent-identity-record.js'
export type { AuthorityAccess } from './registration/authority-request.js'
export { type EnsureRunTaskOptions, ensureRunTask } from './registration/ensure-run-task.js'
export { openSealedTaskId } from './registration/open-sealed-task-id.js'
export {
  type AgentAccount,
  type AgentBillOfMaterials,
  type RegisterAgentOptions,
  registerAgent,
} from './registration/register-agent.js'
export { type RegisterTaskOptions, registerTask } from './registration/register-task.js'
export type { TaskRegistration } from './registration/task-registration.js'
