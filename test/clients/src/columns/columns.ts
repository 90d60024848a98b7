import { randomBytes } from 'node:crypto'
import { AuthError } from '@outbound-auth/core'
import { dummy } from '../kinds/credentials.js'
import type { Column } from '../row.js'
import type { SeenRequest } from '../server/seen-request.js'
import type { OpenLab } from './open-lab.js'

/** `yes`, or why not; `-` where there is nothing to try. */
export type Verdict = string

/** The error that the source throws in column E. */
export const planted = AuthError.build('Log in again', { code: 'ERR_AUTH_LOGIN_EXPIRED' })

/** The trial of each column. */
export const columns: Record<Column, (lab: OpenLab) => Promise<Verdict>> = {
  W: worksOnce,
  R: recovers,
  X: leavesNothing,
  S: streams,
  U: uploads,
  A: aborts,
  E: reports,
}

const hasText = (value: unknown) => /ok|first/.test(JSON.stringify(value) ?? '')

async function worksOnce({ client, server }: OpenLab): Promise<Verdict> {
  const result = await client.call(undefined)
  if (!hasText(result)) return `another result: ${JSON.stringify(result)}`
  const problem = server.seen.find((request) => request.problem !== undefined)?.problem
  if (problem !== undefined) return `was rejected first: ${problem}`
  return server.seen.some(showsDummy) ? 'the dummy key was sent' : 'yes'
}

function showsDummy({ rawHeaders, url }: SeenRequest): boolean {
  return rawHeaders.join('\n').includes(dummy) || url.href.includes(dummy)
}

async function recovers({ client, credentials }: OpenLab): Promise<Verdict> {
  await client.call(undefined)
  credentials.rotate()
  const callsBefore = credentials.calls()
  const results = await Promise.all([1, 2, 3].map(() => client.call(undefined)))
  if (!results.every(hasText)) return 'another result'
  const renewals = credentials.calls() - callsBefore
  return renewals === 1 ? 'yes' : `${renewals} renewals`
}

async function leavesNothing({ client, server, foreign, credentials }: OpenLab): Promise<Verdict> {
  const leaks = new Set<number>()
  for (const status of [301, 302, 303, 307, 308]) {
    foreign.seen.length = 0
    server.mode = { do: 'redirect', status, to: foreign.origin }
    await limited(client.call(undefined), 5000).catch(() => {})
    const seen = foreign.seen.map(({ rawHeaders, url, body }) => `${rawHeaders} ${url} ${body}`).join('\n')
    if (credentials.secrets().some((secret) => seen.includes(secret))) leaks.add(status)
  }
  return leaks.size === 0 ? 'yes' : `leaks at ${[...leaks].join(', ')}`
}

async function streams({ client, server }: OpenLab): Promise<Verdict> {
  let open = () => {}
  let isSeen = false
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const limit = setTimeout(open, 3000)
  server.mode = { do: 'stream', gate }
  try {
    const result = await client.stream?.(() => {
      isSeen = true
      clearTimeout(limit)
      open()
    })
    if (!isSeen) return 'nothing came before the end'
    return /last/.test(JSON.stringify(result)) ? 'yes' : `another end: ${JSON.stringify(result)}`
  } finally {
    clearTimeout(limit)
  }
}

/** `j+f+s+`: JSON, a form, a stream; `!` where it fails, `-` where the client has no such thing. */
async function uploads({ client, server, kind }: OpenLab): Promise<Verdict> {
  const bytes = randomBytes(20_000)
  const file = new File([bytes], 'a.bin', { type: 'application/octet-stream' })
  const accepted = () =>
    server.seen.filter(({ problem }) => problem === undefined).at(-1)?.body ?? Buffer.alloc(0)
  const reasons: string[] = []
  const attempt = async (
    letter: string,
    send: (() => Promise<unknown>) | undefined,
    isWhole: () => boolean,
  ) => {
    if (!send) return `${letter}-`
    server.seen.length = 0
    try {
      await send()
      return `${letter}${isWhole() ? '+' : '!'}`
    } catch (error) {
      const isSigned = kind === 'sigv4' || kind === 's3'
      // A signature needs the whole body; that is said, and nothing is sent.
      const isSaid = letter === 's' && isSigned && findAuthError(error)?.error.code === 'ERR_AUTH_BODY'
      if (!isSaid) reasons.push(describe(error))
      return `${letter}!`
    }
  }
  const { form, upload } = client
  const body = () => new Blob([bytes]).stream() as ReadableStream<Uint8Array>
  const results = [
    await attempt(
      'j',
      () => client.call(undefined),
      () => accepted().length === 0 || isJson(accepted()) || accepted()[0] === 0,
    ),
    await attempt('f', form && (() => form.call(client, file)), () => accepted().includes(bytes)),
    await attempt('s', upload && (() => upload.call(client, body())), () => accepted().equals(bytes)),
  ]
  return [results.join(''), ...reasons.map((reason) => `(${reason})`)].join(' ')
}

function isJson(body: Buffer): boolean {
  try {
    return typeof JSON.parse(body.toString()) === 'object'
  } catch {
    return false
  }
}

async function aborts({ client, server }: OpenLab): Promise<Verdict> {
  server.mode = { do: 'hang' }
  const controller = new AbortController()
  const arrived = server.next()
  const result = client.call(controller.signal).then(
    () => 'resolved',
    () => 'rejected',
  )
  await Promise.race([arrived, result])
  controller.abort()
  const outcome = await limited(result, 1500).catch(() => 'goes on')
  return outcome === 'rejected' ? 'yes' : outcome
}

async function reports({ client, server }: OpenLab): Promise<Verdict> {
  try {
    await client.call(undefined)
  } catch (error) {
    if (server.seen.length > 0) return 'sent something'
    const { where } = findAuthError(error) ?? { where: 'lost' }
    return where === 'lost' ? `lost (${describe(error)})` : `yes ${where}`
  }
  return 'no error'
}

function findAuthError(error: unknown): { where: 'direct' | 'cause'; error: AuthError } | undefined {
  const queue = [error]
  for (const value of queue.slice(0, 1)) queue.push(...innerErrors(value))
  for (let index = 0; index < queue.length && index < 50; index++) {
    const value = queue[index]
    if (AuthError.is(value)) return { where: index === 0 ? 'direct' : 'cause', error: value }
    if (index > 0) queue.push(...innerErrors(value))
  }
  return undefined
}

function innerErrors(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const { cause, error, errors, originalError } = value as Record<string, unknown>
  return [cause, error, originalError, ...(Array.isArray(errors) ? errors : [])].filter(
    (inner) => inner !== undefined && inner !== value,
  )
}

/** @internal One line about an error. */
export function describe(error: unknown): string {
  const { name, code, message, cause } = Object(error) as Record<string, unknown>
  const why = cause === undefined ? '' : `, because of ${describe(cause)}`
  return `${name ?? typeof error} ${code ?? ''} ${message ?? ''}${why}`.replace(/\s+/g, ' ').slice(0, 240)
}

/** @throws Error after so long, in milliseconds */
export async function limited<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), limitMs)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
