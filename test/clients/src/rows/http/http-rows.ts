import type { Lab, Row, TriedClient } from '../../row.js'
import { readStream } from './fetch-rows.js'

const via = 'authFetch'
const json = { a: 1 }

/** HTTP clients that send with a `fetch` that they are given. */
export const httpRows: readonly Row[] = [
  {
    client: 'axios',
    via,
    glue: "axios.create({ adapter: 'fetch', env: { fetch } })",
    isCommon: true,
    async open({ fetch, origin }) {
      const { default: axios } = await import('axios')
      const client = axios.create({ baseURL: origin, adapter: 'fetch', env: { fetch } as never })
      return {
        call: async (signal) => (await client.post('/v1/echo', json, { ...(signal && { signal }) })).data,
        async stream(seen) {
          const { data } = await client.get('/v1/stream', { responseType: 'stream' })
          return readStream(data, seen)
        },
        async form(file) {
          const form = new FormData()
          form.set('file', file)
          return client.post('/v1/echo', form)
        },
      }
    },
  },
  ...Object.entries({ 'ky 1': () => import('ky1'), 'ky 2': () => import('ky') }).map(
    ([client, load]): Row => ({
      client,
      via,
      glue: 'ky.create({ fetch })',
      ...(client === 'ky 2' ? { isCommon: true, needsNode: 22 } : { isCommon: 'before 22' }),
      async open({ fetch, origin }) {
        const { default: imported } = await load()
        const ky = (imported as typeof import('ky1').default).create({ fetch, retry: 0 })
        return {
          call: async (signal) => ky.post(`${origin}/v1/echo`, { json, ...(signal && { signal }) }).json(),
          stream: async (seen) => readStream((await ky(`${origin}/v1/stream`)).body, seen),
          form: (file) => ky.post(`${origin}/v1/echo`, { body: formOf(file) }).json(),
          upload: (body) => ky.post(`${origin}/v1/echo`, { body, duplex: 'half' } as never).json(),
        }
      },
    }),
  ),
  {
    client: 'ofetch',
    via,
    glue: 'createFetch({ fetch })',
    async open({ fetch, origin }) {
      const { createFetch } = await import('ofetch')
      const ofetch = createFetch({ fetch })
      const post = (body: unknown, signal?: AbortSignal) =>
        ofetch(`${origin}/v1/echo`, {
          method: 'POST',
          body: body as never,
          retry: 0,
          ...(signal && { signal }),
        })
      return {
        call: (signal) => post(json, signal),
        async stream(seen) {
          const body = await ofetch(`${origin}/v1/stream`, { responseType: 'stream' })
          return readStream(body, seen)
        },
        form: (file) => post(formOf(file)),
        upload: (body) => post(body),
      }
    },
  },
  {
    client: 'wretch',
    via,
    glue: 'wretch(url).fetchPolyfill(fetch)',
    async open({ fetch, origin }) {
      const { default: wretch } = await import('wretch')
      const client = wretch(origin).fetchPolyfill(fetch)
      return {
        call: (signal) =>
          client
            .options({ ...(signal && { signal }) })
            .url('/v1/echo')
            .post(json)
            .json(),
        stream: async (seen) => readStream((await client.url('/v1/stream').get().res()).body, seen),
        form: (file) => client.url('/v1/echo').body(formOf(file)).post().json(),
        upload: (body) =>
          client
            .options({ duplex: 'half' } as never)
            .url('/v1/echo')
            .body(body)
            .post()
            .json(),
      }
    },
  },
  {
    client: 'openapi-fetch',
    via,
    glue: 'createClient({ baseUrl, fetch })',
    async open({ fetch, origin }) {
      const { default: createClient } = await import('openapi-fetch')
      const client = createClient<Record<never, never>>({ baseUrl: origin, fetch })
      return {
        call: async (signal) => {
          const { data, error } = await client.POST('/v1/echo' as never, { body: json, signal } as never)
          if (error !== undefined) throw new Error('rejected')
          return data
        },
        async stream(seen) {
          const { data } = await client.GET('/v1/stream' as never, { parseAs: 'stream' } as never)
          return readStream(data as never, seen)
        },
        form: (file) =>
          client.POST(
            '/v1/echo' as never,
            { body: formOf(file), bodySerializer: (body: unknown) => body } as never,
          ),
      }
    },
  },
  {
    client: '@hey-api/client-fetch',
    via,
    glue: 'createClient({ baseUrl, fetch })',
    async open({ fetch, origin }) {
      const { createClient } = await import('@hey-api/client-fetch')
      const client = createClient({ baseUrl: origin, fetch, throwOnError: true })
      return {
        call: async (signal) =>
          (
            await client.post({
              url: '/v1/echo',
              body: json,
              headers: { 'content-type': 'application/json' },
              ...(signal && { signal }),
            })
          ).data,
        async stream(seen) {
          const { data } = await client.get({ url: '/v1/stream', parseAs: 'stream' })
          return readStream(data as never, seen)
        },
        form: (file) => client.post({ url: '/v1/echo', body: formOf(file), bodySerializer: null } as never),
      }
    },
  },
  {
    client: 'graphql-request',
    via,
    glue: 'new GraphQLClient(url, { fetch })',
    async open({ fetch, origin }) {
      const { GraphQLClient } = await import('graphql-request')
      const client = new GraphQLClient(`${origin}/v1/graphql`, { fetch })
      return {
        call: (signal) => client.request({ document: '{ text }', ...(signal && { signal }) }),
      }
    },
  },
  ...octokitRows(),
  {
    client: 'eventsource',
    via,
    glue: 'new EventSource(url, { fetch })',
    skips: ['U', 'A'],
    exceptions: [{ columns: ['E'], why: 'the error event of an EventSource has no cause' }],
    needsNode: 22,
    async open({ fetch, origin }) {
      const { EventSource } = await import('eventsource')
      return overEventSource(() => new EventSource(`${origin}/v1/events`, { fetch }) as never)
    },
  },
]

function octokitRows(): Row[] {
  const options = ({ fetch, origin }: Lab, signal?: AbortSignal) => ({
    baseUrl: origin,
    request: { fetch, ...(signal && { signal }) },
    ...json,
  })
  const shared = { via, glue: 'request.defaults({ request: { fetch } })' }
  return [
    {
      ...shared,
      client: '@octokit/request',
      async open(lab) {
        const { request } = await import('@octokit/request')
        return { call: async (signal) => (await request('POST /v1/echo', options(lab, signal))).data }
      },
    },
    {
      ...shared,
      client: '@octokit/core',
      glue: 'new Octokit({ request: { fetch } })',
      async open(lab) {
        const { Octokit } = await import('@octokit/core')
        const { fetch, origin } = lab
        const octokit = new Octokit({ baseUrl: origin, request: { fetch } })
        return {
          call: async (signal) =>
            (
              await octokit.request('POST /v1/echo', {
                ...json,
                request: { fetch, ...(signal && { signal }) },
              })
            ).data,
        }
      },
    },
  ]
}

/** @internal */
export function formOf(file: File): FormData {
  const form = new FormData()
  form.set('file', file)
  return form
}

interface SourceLike {
  close(): void
  addEventListener(type: string, listener: (event: { data?: unknown; message?: string }) => void): void
}

/** @internal Reads both events of the server. */
export function overEventSource(open: () => SourceLike): TriedClient {
  const read = (seen: () => void) =>
    new Promise((resolve, reject) => {
      const source = open()
      let text = ''
      source.addEventListener('message', ({ data }) => {
        text += data
        seen()
        if (!/last/.test(text)) return
        source.close()
        resolve(text)
      })
      source.addEventListener('error', (event) => {
        source.close()
        reject(event)
      })
    })
  return { call: () => read(() => {}), stream: read }
}
