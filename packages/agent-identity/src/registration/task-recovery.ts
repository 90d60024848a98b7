import type { AuthError, AuthRejection } from '@outbound-auth/core'
import { clockOffset } from '../assertion/clock-offset.js'
import { decodeAssertion } from '../assertion/decode-assertion.js'
import { buildError, runTaskMissingError } from '../lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from '../lib/agent-id.js'
import { errorCodeIn } from '../lib/error-code.js'
import { type RegisterTaskOptions, registerTask } from './register-task.js'
import type { TaskRegistration } from './task-registration.js'
import { checkRecord, updateRunTask } from './update-run-task.js'

/** @internal The agent of a task. */
export interface TaskOwner {
  readonly agentRuntimeId: string
  readonly registration: TaskRegistration | undefined
  readonly idCharacters: AgentIdCharacters | undefined
  readonly correctClockSkew?: boolean | undefined
}

/** @internal The meaning of a rejection. */
export interface RejectionMeaning {
  /** Why every later request of this agent will be rejected. */
  readonly end: AuthError | undefined
  /** The rejected task, if a new task helps. */
  readonly deadTaskId: string | undefined
  /** The milliseconds to add to this machine's clock, if that helps. */
  readonly offsetMs: number | undefined
}

/** Codes after which a new task helps. */
const deadTask = /^(invalid_task_id|task_not_found|task_expired)$/

/** @internal Reads the meaning of a rejection from its status, body and `Date`. */
export async function readRejection(
  rejection: AuthRejection,
  { registration, correctClockSkew }: TaskOwner,
  localMs: number,
): Promise<RejectionMeaning> {
  const { status, request, attempt } = rejection
  const code = errorCodeIn(await rejection.readBody()) ?? ''
  // A rejection leads to at most one more attempt.
  const isFirst = status === 401 && attempt === 0
  // The cache of tasks decides about a later rejection: a new task that is rejected at once is replaced after a pause.
  const isDead = status === 401 && registration !== undefined && deadTask.test(code)
  return {
    end:
      code === 'deleted_agent_runtime_id'
        ? buildError('Cannot sign as an agent: its authority has deleted it', 'ERR_AUTH_AGENT_DELETED')
        : undefined,
    deadTaskId: isDead ? decodeAssertion(request.headers.get('authorization'))?.taskId : undefined,
    offsetMs: isFirst && correctClockSkew ? clockOffset(rejection, localMs) : undefined,
  }
}

/** @internal The task in the store. @throws AuthError `ERR_AUTH_RUN_TASK_MISSING`, `ERR_AUTH_AGENT_RECORD` (build) */
export async function readRunTask({
  agentRuntimeId,
  registration,
  idCharacters,
}: TaskOwner): Promise<string> {
  const { store } = registration ?? {}
  const stored = store && checkRecord(await store.read(), agentRuntimeId).task_id
  if (stored !== undefined) return checkAgentId('the stored task', stored, idCharacters)
  throw runTaskMissingError()
}

/** @internal Replaces a rejected task: by the task in the store, if it has changed, else by a new one. */
export async function replaceRunTask(
  { agentRuntimeId, registration, idCharacters }: TaskOwner,
  rejected: string,
  access: Omit<RegisterTaskOptions, 'baseUrl' | 'agentRuntimeId' | 'idCharacters' | 'fetch'>,
): Promise<string> {
  const { store, baseUrl, fetch } = registration as TaskRegistration
  const register = () => registerTask({ ...access, baseUrl, agentRuntimeId, idCharacters, fetch })
  if (!store) return register()
  const replaced = await updateRunTask(store, rejected, agentRuntimeId, register, access.signal)
  return checkAgentId('the stored task', replaced, idCharacters)
}
