import { createPublicKey, verify } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { type Handler, loopback, sendJson } from '../../../test/support/loopback.js'

/** One request as it arrived. */
export interface ArrivedCall {
  readonly route: 'register' | 'task' | 'jwks' | 'model'
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Responds to one call in place of the authority; undefined if it leaves the call to the authority. */
export type Script = (call: ArrivedCall, response: ServerResponse) => boolean | undefined

/** An authority, and the model behind it, on this machine. It checks what it gets as the real one does. */
export interface LoopbackAuthority {
  readonly origin: string
  readonly baseUrl: string
  readonly calls: ArrivedCall[]
  /** Public keys by agent, as 32 bytes in base64url. */
  readonly agents: Map<string, string>
  /** Live tasks. */
  readonly tasks: Set<string>
  /** Scripts of the next calls. */
  readonly scripts: Script[]
  /** Makes the response with a task id. */
  wrapTask: (taskId: string, agentId: string) => Record<string, unknown>
  jwks: unknown
  /** The response of the model to a dead task. */
  deadTaskBody: string
  /** The authority's clock is this much ahead. */
  aheadMs: number
  count(route: ArrivedCall['route']): number
  close(): Promise<void>
}

/** @param now the clock of the authority; pass that of the clients */
export async function loopbackAuthority(now: () => Date): Promise<LoopbackAuthority> {
  let agentCount = 0
  let taskCount = 0
  let stop = () => {}
  const respond: Handler = ({ path, headers, body }, response) => {
    const call: ArrivedCall = { route: routeOf(path), path, headers, body: String(body) }
    authority.calls.push(call)
    response.setHeader('date', new Date(now().getTime() + authority.aheadMs).toUTCString())
    if (authority.scripts.shift()?.(call, response)) return
    const answer = (status: number, json: unknown) => sendJson(response, json, status)
    if (call.route === 'jwks') return answer(200, authority.jwks)
    if (call.route === 'register') {
      const { agent_public_key: key } = JSON.parse(call.body)
      const id = `agent-${++agentCount}`
      authority.agents.set(id, Buffer.from(key.split(' ')[1], 'base64').subarray(19).toString('base64url'))
      return answer(200, { agent_runtime_id: id })
    }
    if (call.route === 'task') {
      const id = decodeURIComponent(path.split('/').at(-3) ?? '')
      const { timestamp, signature, ...rest } = JSON.parse(call.body)
      const signed = isSigned(authority.agents.get(id), `${id}:${timestamp}`, signature)
      const isExact = Object.keys(rest).length === 0 && call.headers.authorization === undefined
      if (!signed || !isExact) return answer(401, { error: { code: 'bad_signature' } })
      const taskId = `task-${++taskCount}`
      authority.tasks.add(taskId)
      return answer(200, authority.wrapTask(taskId, id))
    }
    const [, envelope = ''] = /^AgentAssertion (.+)$/.exec(call.headers.authorization ?? '') ?? []
    const assertion = envelope && JSON.parse(Buffer.from(envelope, 'base64url').toString())
    const { agent_runtime_id: agent, task_id: task, timestamp, signature } = assertion || {}
    const isInTime = Math.abs(now().getTime() + authority.aheadMs - Date.parse(timestamp)) < 300_000
    if (!isInTime || !isSigned(authority.agents.get(agent), `${agent}:${task}:${timestamp}`, signature)) {
      return answer(401, { error: { code: 'invalid_assertion' } })
    }
    if (!authority.tasks.has(task)) {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end(authority.deadTaskBody)
      return
    }
    answer(200, { task })
  }
  const { origin } = await loopback(respond, {
    atEnd: (stopServer) => {
      stop = stopServer
    },
  })
  const authority: LoopbackAuthority = {
    origin,
    baseUrl: `${origin}/api/accounts`,
    calls: [],
    agents: new Map(),
    tasks: new Set(),
    scripts: [],
    wrapTask: (taskId) => ({ task_id: taskId }),
    jwks: { keys: [] },
    deadTaskBody: '{"error":{"code":"task_expired"}}',
    aheadMs: 0,
    count: (route) => authority.calls.filter((call) => call.route === route).length,
    close: async () => stop(),
  }
  return authority
}

/** A script that responds with this status and body. */
export function answers(status: number, body = '', headers: Record<string, string> = {}): Script {
  return (_, response) => {
    response.writeHead(status, headers)
    response.end(body)
    return true
  }
}

/** A script that never ends its response. */
export const stalls: Script = (_, response) => {
  response.writeHead(200)
  response.write('{"task_id":')
  return true
}

/** A script that breaks the connection. */
export const breaks: Script = (_, response) => {
  response.destroy()
  return true
}

function routeOf(path: string): ArrivedCall['route'] {
  if (path.endsWith('/agent/register')) return 'register'
  if (path.endsWith('/task/register')) return 'task'
  return path.endsWith('/jwks') ? 'jwks' : 'model'
}

function isSigned(x: string | undefined, text: string, signature: string): boolean {
  if (x === undefined) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
}
