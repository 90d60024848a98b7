export { AuthError } from '@outbound-auth/core'
export type { AgentIdCharacters } from './agent-id.js'
export {
  type AgentIdentityAuth,
  type AgentIdentityAuthOptions,
  agentIdentityAuth,
} from './agent-identity-auth.js'
export type { AgentIdentityRecord } from './agent-identity-record.js'
export { type AgentKey, generateAgentKey, parseAgentKey } from './agent-key.js'
export type { AuthorityAccess } from './authority-request.js'
export { type EnsureRunTaskOptions, ensureRunTask } from './ensure-run-task.js'
export { openSealedTaskId } from './open-sealed-task-id.js'
export {
  type AgentAccount,
  type AgentBillOfMaterials,
  type RegisterAgentOptions,
  registerAgent,
} from './register-agent.js'
export { type RegisterTaskOptions, registerTask } from './register-task.js'
export type { TaskRegistration } from './task-registration.js'
export {
  type AgentPublicKey,
  type VerifiedAgent,
  type VerifyAgentAssertionOptions,
  verifyAgentAssertion,
} from './verify-agent-assertion.js'
