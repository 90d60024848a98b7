import { decodeBase64Url } from '../lib/base64.js'
import { type Assertion, encodeAssertion, scheme } from './assertion-envelope.js'

/** @internal Reads the value of a header; undefined unless `encodeAssertion` would write the same bytes. */
export function decodeAssertion(header: string | null): Assertion | undefined {
  if (!header?.startsWith(scheme) || header.length > 8192) return undefined
  const bytes = decodeBase64Url(header.slice(scheme.length))
  if (!bytes) return undefined
  try {
    const envelope = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const { agent_runtime_id: agentRuntimeId, signature, task_id: taskId, timestamp } = envelope
    const assertion = { agentRuntimeId, signature, taskId, timestamp }
    if (Object.values(assertion).some((value) => typeof value !== 'string')) return undefined
    return encodeAssertion(assertion) === header ? assertion : undefined
  } catch {
    return undefined
  }
}
