import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  type HandshakeRequest,
  handshakeAuth,
  type OpenedHandshake,
  recoverHandshake,
} from '@outbound-auth/core'
import { sendWithAuth } from '@outbound-auth/core/shapes'
import { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import type { Hooks } from 'got14'
import type { Exception, Lab, Row, TriedClient } from '../../row.js'
import { readStream } from './fetch-rows.js'

const headers = { 'content-type': 'application/json' }
const body = '{"a":1}'

/** A snapshot of headers sees no response. */
const snapshot: Exception = {
  columns: ['R'],
  why: 'handshakeAuth gives a snapshot and sees no response; sendWithAuth does',
}

function fail(status: number | undefined): never {
  throw new Error(`status ${status}`)
}

/** Sends with `send`, and wants a response that is not a rejection. */
function over<T>(
  { auth, origin, allowedOrigins }: Lab,
  send: (opened: OpenedHandshake, signal: AbortSignal | undefined) => Promise<T>,
  result: (response: T) => unknown,
  more: Partial<TriedClient> = {},
): TriedClient {
  const url = `${origin}/v1/echo`
  return {
    call: async (signal) =>
      result(
        await sendWithAuth(auth, { url, method: 'POST', headers, body }, (opened) => send(opened, signal), {
          allowedOrigins,
        }),
      ),
    ...more,
  }
}

// #region node:http
function sendByHand({ url, headers, body }: OpenedHandshake, method: string, signal?: AbortSignal) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, headers, ...(signal && { signal }) }
    request(url, options, resolve).on('error', reject).end(body)
  })
}
// #endregion

// #region axios, http adapter
/** The client must not follow redirects: `maxRedirects: 0`. */
function authenticateAxios({ auth, allowedOrigins }: Lab) {
  return async (config: InternalAxiosRequestConfig) => {
    const { url = '', method = 'get', headers, data } = config
    const asked = { url, method, headers: headers.toJSON() as Record<string, string>, body: data }
    const opened = await handshakeAuth(auth, asked, { allowedOrigins })
    return { ...config, url: opened.url, headers: new AxiosHeaders(opened.headers), data: opened.body }
  }
}
// #endregion

// #region got
/** The client must not follow redirects: `followRedirect: false`. */
function gotHooks({ auth, allowedOrigins }: Lab): Partial<Hooks> {
  return {
    beforeRequest: [
      async (options) => {
        const { method, headers, body } = options
        const asked = { url: String(options.url), method, headers: headers as Record<string, string>, body }
        const opened = await handshakeAuth(auth, asked as HandshakeRequest, { allowedOrigins })
        options.url = new URL(opened.url)
        options.headers = opened.headers
        if (typeof opened.body !== 'object') options.body = opened.body
      },
    ],
    afterResponse: [
      async (response, retry) => {
        const { url, headers } = response.request.options
        const sent = { url: String(url), headers: headers as Record<string, string> }
        const { statusCode: status, headers: received, rawBody } = response
        const rejection = { status, headers: received, body: rawBody }
        const isRecovered = status >= 400 && (await recoverHandshake(auth, sent, rejection))
        return isRecovered ? retry({}) : response
      },
    ],
  }
}
// #endregion

/** Clients that take a URL, headers and a body, and show the response. */
export const handRows: readonly Row[] = [
  {
    client: 'axios, http adapter',
    via: 'sendWithAuth',
    glue: '({ url, headers, body }) => axios.post(url, body, { headers, maxRedirects: 0, validateStatus: () => true })',
    async open(lab) {
      const { default: axios } = await import('axios')
      const options = { adapter: 'http', maxRedirects: 0, validateStatus: () => true } as const
      return over(
        lab,
        ({ url, headers, body }, signal) =>
          axios.post(url, body, { headers, ...options, ...(signal && { signal }) }),
        ({ status, data }) => (status < 300 ? data : fail(status)),
      )
    },
  },
  {
    client: 'superagent',
    via: 'sendWithAuth',
    glue: '({ url, headers, body }) => superagent.post(url).set(headers).redirects(0).ok(() => true).send(body)',
    async open(lab) {
      const { default: superagent } = await import('superagent')
      return over(
        lab,
        async ({ url, headers, body }, signal) => {
          const sent = superagent
            .post(url)
            .set(headers)
            .redirects(0)
            .ok(() => true)
          signal?.addEventListener('abort', () => sent.abort())
          // superagent's promise ends at neither event of an abort of its own.
          const aborted = new Promise<never>((_resolve, reject) =>
            sent.on('abort', () => reject(new Error('aborted'))),
          )
          return Promise.race([sent.send(body as string), aborted])
        },
        ({ status, body }) => (status < 300 ? body : fail(status)),
      )
    },
  },
  ...Object.entries({ 'got 14': () => import('got14'), 'got 16': () => import('got') }).map(
    ([client, load]): Row => ({
      client,
      via: 'sendWithAuth',
      glue: '({ url, headers, body }) => got.post(url, { headers, body, followRedirect: false, throwHttpErrors: false, retry: { limit: 0 } })',
      ...(client === 'got 16' ? { isCommon: true, needsNode: 22 } : { isCommon: 'before 22' }),
      async open(lab) {
        const { default: got } = (await load()) as typeof import('got14')
        const options = { followRedirect: false, throwHttpErrors: false, retry: { limit: 0 } } as const
        return over(
          lab,
          async ({ url, headers, body }, signal) =>
            got.post(url, { headers, body: body as string, ...options, ...(signal && { signal }) }),
          ({ statusCode, body }) => (statusCode < 300 ? body : fail(statusCode)),
        )
      },
    }),
  ),
  {
    client: 'axios, http adapter with an interceptor',
    via: 'handshakeAuth',
    glue: 'client.interceptors.request.use(authenticate)',
    exceptions: [snapshot],
    async open(lab) {
      const { default: axios } = await import('axios')
      const client = axios.create({ adapter: 'http', maxRedirects: 0 })
      client.interceptors.request.use(authenticateAxios(lab) as never)
      const send = async (data: unknown, signal?: AbortSignal) => {
        const options = { headers, ...(signal && { signal }) }
        return (await client.post(`${lab.origin}/v1/echo`, data, options)).data
      }
      return { call: (signal) => send(body, signal) }
    },
  },
  ...Object.entries({ 'got 14': () => import('got14'), 'got 16': () => import('got') }).map(
    ([client, load]): Row => ({
      client: `${client} hooks`,
      via: 'handshakeAuth',
      glue: 'got.extend({ followRedirect: false, hooks: { beforeRequest: [authenticate], afterResponse: [recover] } })',
      ...(client === 'got 16' && { needsNode: 22 }),
      exceptions: [
        {
          columns: ['U'],
          kinds: ['sigv4', 's3'],
          why: 'got sends a form as a stream, which no signature can cover',
        },
      ],
      async open(lab) {
        const { default: got } = (await load()) as typeof import('got14')
        const hooked = got.extend({ followRedirect: false, retry: { limit: 0 }, hooks: gotHooks(lab) })
        const url = `${lab.origin}/v1/echo`
        return {
          async call(signal) {
            const { statusCode, body } = await hooked.post(url, { json: { a: 1 }, ...(signal && { signal }) })
            return statusCode < 300 ? body : fail(statusCode)
          },
          stream: async (seen) => readStream(hooked.stream(`${lab.origin}/v1/stream`), seen),
          async form(file) {
            const form = new FormData()
            form.set('file', file)
            return hooked.post(url, { body: form })
          },
        }
      },
    }),
  ),
  {
    client: 'node:http',
    via: 'sendWithAuth',
    glue: '({ url, headers, body }) => new Promise((resolve, reject) => request(url, { method, headers }, resolve).on("error", reject).end(body))',
    open: (lab) =>
      over(
        lab,
        (opened, signal) => sendByHand(opened, 'POST', signal),
        (response) => (response.statusCode === 200 ? text(response) : fail(response.statusCode)),
        {
          async stream(seen) {
            const asked = { url: `${lab.origin}/v1/stream` }
            const options = { allowedOrigins: lab.allowedOrigins }
            const response = await sendWithAuth(
              lab.auth,
              asked,
              (opened) => sendByHand(opened, 'GET'),
              options,
            )
            return readStream(response, seen)
          },
        },
      ),
  },
  {
    client: 'node:http',
    via: 'handshakeAuth',
    glue: 'const { url, headers, body } = await handshakeAuth(auth, { url, method, headers, body })',
    exceptions: [snapshot],
    open: ({ auth, allowedOrigins, origin }) => ({
      async call(signal) {
        const asked = { url: `${origin}/v1/echo`, method: 'POST', headers, body }
        const response = await sendByHand(
          await handshakeAuth(auth, asked, { allowedOrigins }),
          'POST',
          signal,
        )
        return response.statusCode === 200 ? text(response) : fail(response.statusCode)
      },
    }),
  },
]
