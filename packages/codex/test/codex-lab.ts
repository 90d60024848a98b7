import { createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import {
  type CodexAuth,
  type CodexResolver,
  type CodexResolverOptions,
  createCodexResolver,
} from '../src/index.js'
import { codexHomeWith } from './config/codex-home.js'

/** A call of a server that gives credentials. */
export interface AuthorityCall {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A resolver over a home of its own, and the calls of servers that it makes. */
export interface CodexLab {
  readonly codex: CodexResolver
  readonly home: string
  readonly calls: AuthorityCall[]
}

/** @param answer makes the responses of servers */
export function createCodexLab(
  files: Readonly<Record<string, string | object>>,
  options: CodexResolverOptions = {},
  answer: (call: AuthorityCall, count: number) => Response | Promise<Response> = () => Response.json({}),
): CodexLab {
  const home = codexHomeWith(files)
  const calls: AuthorityCall[] = []
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    const { method = 'GET', headers, body } = init
    const call = {
      method,
      url: String(input),
      headers: headers as Record<string, string>,
      body: String(body ?? ''),
    }
    calls.push(call)
    return answer(call, calls.length)
  }
  // The tests do not depend on the configuration of this machine.
  const systemConfigPath = false as const
  const defaults = { home, systemConfigPath, env: {}, cwd: home, fetch: fetch as typeof globalThis.fetch }
  return { codex: createCodexResolver({ ...defaults, ...options }), home, calls }
}

/** The headers and URL with which a request to a path would go out. */
export async function requestOf(
  auth: CodexAuth,
  path = 'responses',
): Promise<{ url: string; headers: Record<string, string> }> {
  const request = { method: 'POST', url: auth.urlOf(path), headers: createHeaderMap(), body: '{}' }
  const { url, headers } = await createExchange(auth).prepare(request)
  return { url, headers: Object.fromEntries(headers) }
}

/** The code and kind of an `AuthError`, and its message. */
export async function problemOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error) => `${error.code} ${error.kind} ${error.message}`,
  )
}

/** A response of a server. After the last response, the server responds with 200. */
export interface LabAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request to a server with these responses, and returns the headers of each attempt. */
export async function answeredWith(
  auth: CodexAuth,
  answers: readonly LabAnswer[],
): Promise<{ status: number; sent: Record<string, string>[] }> {
  const sent: Record<string, string>[] = []
  const outbound = { method: 'POST', url: auth.urlOf('responses'), headers: createHeaderMap(), body: '{}' }
  const last = await createExchange(auth).send<LabAnswer>(outbound, {
    async send({ headers }) {
      sent.push(Object.fromEntries(headers))
      return answers[sent.length - 1] ?? { status: 200 }
    },
    status: ({ status }) => status,
    headers: ({ headers = {} }) => createHeaderMap(headers),
    readBody: async ({ body }) => JSON.stringify(body ?? {}),
    discard() {},
  })
  return { status: last.status, sent }
}
