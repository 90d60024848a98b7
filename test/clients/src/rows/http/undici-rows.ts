import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { authFetch } from '@outbound-auth/fetch'
import { authInterceptor } from '@outbound-auth/undici'
import type * as undici7 from 'undici7'
import type { Lab, Row, TriedClient } from '../../row.js'
import { certificate } from '../../server/certificate.js'
import { startProxy } from '../../server/proxy.js'
import { overFetch, readStream } from './fetch-rows.js'

type Undici = typeof undici7
type Dispatcher = undici7.Dispatcher

const interceptor = (lab: Lab) => authInterceptor(lab.auth, { allowedOrigins: lab.allowedOrigins })
const glue = 'new Agent().compose(authInterceptor(auth))'

/** `request()` of undici over a dispatcher. */
function overRequest(undici: Undici, dispatcher: Dispatcher, { origin }: Lab): TriedClient {
  const send = async (path: string, body?: unknown, headers = {}, signal?: AbortSignal) => {
    const options = { dispatcher, method: body === undefined ? 'GET' : 'POST', headers, body, signal }
    const response = await undici.request(`${origin}${path}`, options as never)
    if (response.statusCode >= 300) {
      await response.body.dump()
      throw new Error(`status ${response.statusCode}`)
    }
    return response
  }
  const json = { 'content-type': 'application/json' }
  return {
    call: async (signal) => (await send('/v1/echo', '{"a":1}', json, signal)).body.json(),
    stream: async (seen) => readStream((await send('/v1/stream')).body, seen),
    form(file) {
      const form = new undici.FormData()
      form.set('file', file)
      return send('/v1/echo', form)
    },
    upload: (body) => send('/v1/echo', body),
    close: () => dispatcher.destroy(),
  }
}

/** A row for undici 7 and one for undici 8. */
function both(
  row: Omit<Row, 'via' | 'client' | 'glue' | 'open'> & {
    readonly what: string
    readonly glue?: string
    readonly client: (undici: Undici, lab: Lab) => TriedClient | Promise<TriedClient>
  },
): Row[] {
  const { what, client, ...others } = row
  const loaders = { 7: () => import('undici7'), 8: () => import('undici8') as Promise<unknown> }
  return Object.entries(loaders).map(([version, load]) => ({
    glue,
    ...others,
    client: `undici ${version} ${what}`,
    via: 'authInterceptor',
    ...(version === '8' && { needsNode: 22, isCommon: false }),
    open: async (lab: Lab) => client((await load()) as Undici, lab),
  }))
}

const trusting = { connect: { ca: certificate().cert } }

/** The dispatchers and clients of undici. */
export const undiciRows: readonly Row[] = [
  ...both({
    what: 'request',
    isCommon: true,
    client: (undici, lab) => overRequest(undici, new undici.Agent().compose(interceptor(lab)), lab),
  }),
  ...both({
    what: 'request with redirect and retry',
    glue: 'new Agent().compose(authInterceptor(auth), interceptors.retry(), interceptors.redirect())',
    client(undici, lab) {
      const { redirect, retry } = undici.interceptors
      const agent = new undici.Agent()
      const composed = agent.compose(
        interceptor(lab),
        retry({ maxRetries: 1, minTimeout: 10 }),
        redirect({ maxRedirections: 3 }),
      )
      return overRequest(undici, composed, lab)
    },
  }),
  ...both({
    what: 'request with other interceptors',
    glue: 'new Agent().compose(cache(), deduplicate(), decompress(), authInterceptor(auth), responseError())',
    client(undici, lab) {
      const { cache, deduplicate, decompress, responseError } = undici.interceptors
      const inner = new undici.Agent().compose(cache(), deduplicate(), decompress())
      return overRequest(undici, inner.compose(interceptor(lab), responseError()), lab)
    },
  }),
  ...both({
    what: 'request with dns',
    glue: 'new Agent().compose(interceptors.dns(), authInterceptor(auth))',
    transport: 'https',
    client(undici, lab) {
      const resolving = new undici.Agent(trusting).compose(undici.interceptors.dns())
      return overRequest(undici, resolving.compose(interceptor(lab)), lab)
    },
  }),
  ...both({
    what: 'BalancedPool',
    glue: 'new BalancedPool(origins, { factory: (origin, options) => new Pool(origin, options).compose(authInterceptor(auth)) })',
    client(undici, lab) {
      // In undici 8 only the pool of each origin knows where a request goes.
      const factory = (origin: URL, options: object) =>
        new undici.Pool(origin, options).compose(interceptor(lab))
      return overRequest(undici, new undici.BalancedPool(lab.origin, { factory } as never), lab)
    },
  }),
  ...(['Pool', 'RoundRobinPool'] as const).flatMap((name) =>
    both({
      what: name,
      glue: `new ${name}(origin).compose(authInterceptor(auth))`,
      client: (undici, lab) =>
        overRequest(undici, new undici[name](lab.origin).compose(interceptor(lab)), lab),
    }),
  ),
  ...both({
    what: 'Client.request without an origin',
    glue: 'new Client(origin).compose((dispatch) => authInterceptor(auth)(dispatch, origin))',
    client(undici, lab) {
      // undici 8 passes the origin by itself.
      const authenticated = interceptor(lab)
      const client = new undici.Client(lab.origin).compose((dispatch) => authenticated(dispatch, lab.origin))
      const json = { 'content-type': 'application/json' }
      return {
        async call(signal) {
          const options = { path: '/v1/echo', method: 'POST', body: '{"a":1}', headers: json, signal }
          const response = await client.request(options as never)
          if (response.statusCode >= 300) throw new Error(`status ${response.statusCode}`)
          return response.body.json()
        },
        close: () => client.destroy(),
      }
    },
  }),
  ...both({
    what: 'RetryAgent',
    glue: 'new RetryAgent(new Agent().compose(authInterceptor(auth)))',
    client: (undici, lab) =>
      overRequest(undici, new undici.RetryAgent(new undici.Agent().compose(interceptor(lab))), lab),
  }),
  ...both({
    what: 'MockAgent with the real network',
    glue: 'mockAgent.compose(authInterceptor(auth))',
    client(undici, lab) {
      const mock = new undici.MockAgent()
      mock.enableNetConnect()
      return overRequest(undici, mock.compose(interceptor(lab)), lab)
    },
  }),
  ...both({
    what: 'EnvHttpProxyAgent',
    glue: 'new EnvHttpProxyAgent().compose(authInterceptor(auth))',
    client: (undici, lab) =>
      overRequest(undici, new undici.EnvHttpProxyAgent({ noProxy: '*' }).compose(interceptor(lab)), lab),
  }),
  ...both({
    what: 'ProxyAgent',
    glue: 'new ProxyAgent(uri).compose(authInterceptor(auth))',
    async client(undici, lab) {
      const proxy = await startProxy()
      const agent = new undici.ProxyAgent({ uri: proxy.url, proxyTunnel: true })
      const client = overRequest(undici, agent.compose(interceptor(lab)), lab)
      return {
        ...client,
        async close() {
          await client.close?.()
          proxy.close()
        },
      }
    },
  }),
  ...both({
    what: 'fetch with a dispatcher',
    glue: 'fetch(url, { dispatcher })',
    client(undici, lab) {
      const dispatcher = new undici.Agent().compose(interceptor(lab))
      const fetch = (input: unknown, init: object) => undici.fetch(input as string, { ...init, dispatcher })
      return {
        ...overFetch(fetch as never, lab, undici.FormData as never),
        close: () => dispatcher.destroy(),
      }
    },
  }),
  ...both({
    what: 'as the global dispatcher, fetch of Node',
    glue: "setGlobalDispatcher(new Agent().compose(authInterceptor(auth, { otherOrigins: 'pass' })))",
    isExclusive: true,
    client(undici, lab) {
      const original = undici.getGlobalDispatcher()
      const { auth, allowedOrigins } = lab
      const passing = authInterceptor(auth, { allowedOrigins, otherOrigins: 'pass' })
      const dispatcher = new undici.Agent().compose(passing)
      undici.setGlobalDispatcher(dispatcher)
      const close = () => {
        undici.setGlobalDispatcher(original)
        return dispatcher.destroy()
      }
      return { ...overFetch((input, init) => globalThis.fetch(input, init), lab), close }
    },
  }),
  ...both({
    what: 'stream() and pipeline()',
    client(undici, lab) {
      const dispatcher = new undici.Agent().compose(interceptor(lab))
      const pipe = async (path: string, body: unknown, seen = () => {}, signal?: AbortSignal) => {
        let received = ''
        const headers = { 'content-type': 'application/json' }
        const options = { dispatcher, method: body === undefined ? 'GET' : 'POST', body, headers, signal }
        await undici.stream(`${lab.origin}${path}`, options as never, ({ statusCode }) => {
          if (statusCode >= 300) throw new Error(`status ${statusCode}`)
          return collector((chunk) => {
            received += chunk
            seen()
          })
        })
        return received
      }
      return {
        call: (signal) => pipe('/v1/echo', '{"a":1}', undefined, signal),
        stream: (seen) => pipe('/v1/stream', undefined, seen),
        async upload(body) {
          const duplex = undici.pipeline(
            `${lab.origin}/v1/echo`,
            { dispatcher, method: 'POST' },
            ({ statusCode, body }) => {
              if (statusCode >= 300) throw new Error(`status ${statusCode}`)
              return body
            },
          )
          return text(Readable.fromWeb(body as never).pipe(duplex))
        },
        close: () => dispatcher.destroy(),
      }
    },
  }),
  ...both({
    what: 'request over HTTP/2',
    transport: 'h2',
    glue: 'new Agent({ allowH2: true }).compose(authInterceptor(auth))',
    client(undici, lab) {
      const agent = new undici.Agent({ allowH2: true, ...trusting })
      return overRequest(undici, agent.compose(interceptor(lab)), lab)
    },
  }),
  ...both({
    what: 'fetch over HTTP/2',
    transport: 'h2',
    glue: 'fetch(url, { dispatcher })',
    client(undici, lab) {
      const dispatcher = new undici.Agent({ allowH2: true, ...trusting }).compose(interceptor(lab))
      const fetch = (input: unknown, init: object) => undici.fetch(input as string, { ...init, dispatcher })
      return {
        ...overFetch(fetch as never, lab, undici.FormData as never),
        close: () => dispatcher.destroy(),
      }
    },
  }),
  {
    client: 'undici 6 request',
    via: 'authInterceptor',
    glue,
    exceptions: [
      {
        columns: ['W', 'R', 'S', 'U', 'A', 'E'],
        why: 'undici 6 has other handlers; use authFetch, or undici 7',
      },
    ],
    async open(lab) {
      const undici6 = await import('undici6')
      return overRequest(
        undici6 as never,
        new undici6.Agent().compose(interceptor(lab) as never) as never,
        lab,
      )
    },
  },
  {
    client: 'undici 6 fetch',
    via: 'authFetch',
    glue: 'authFetch(auth, { fetch })',
    async open(lab) {
      const { fetch, FormData: Form } = await import('undici6')
      const { auth, allowedOrigins } = lab
      return overFetch(authFetch(auth, { allowedOrigins, fetch: fetch as never }), lab, Form as never)
    },
  },
]

function collector(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      take(chunk)
      done()
    },
  })
}
