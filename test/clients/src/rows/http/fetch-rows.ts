import { authFetch } from '@outbound-auth/fetch'
import type { Lab, Row, TriedClient } from '../../row.js'

type Fetch = typeof globalThis.fetch

/** The globals that `install` of undici replaces, of those that a request uses. */
const installed = ['fetch', 'Headers', 'Request', 'Response', 'FormData'] as const

/** @internal What a plain `fetch` does in each column. */
export function overFetch(
  fetch: Fetch,
  { origin }: Pick<Lab, 'origin'>,
  Form: typeof FormData = FormData,
): TriedClient {
  const post = async (body: BodyInit, signal?: AbortSignal | undefined, headers = {}) => {
    const init = { method: 'POST', body, headers, duplex: 'half', ...(signal && { signal }) }
    const response = await fetch(`${origin}/v1/echo`, init as RequestInit)
    if (!response.ok) throw new Error(`status ${response.status}`)
    return response.json()
  }
  return {
    call: (signal) => post('{"a":1}', signal, { 'content-type': 'application/json' }),
    stream: async (seen) => readStream((await fetch(`${origin}/v1/stream`)).body, seen),
    form(file) {
      const form = new Form()
      form.set('file', file)
      return post(form)
    },
    upload: (body) => post(body),
  }
}

/** @internal Reads a stream, and calls `seen` at its first piece. */
export async function readStream(
  body: AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array> | null,
  seen: () => void,
): Promise<string> {
  let text = ''
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) {
    text += Buffer.from(chunk as Uint8Array).toString()
    seen()
  }
  return text
}

/** Clients that are a `fetch`. */
export const fetchRows: readonly Row[] = [
  {
    client: 'fetch of the runtime',
    via: 'authFetch',
    glue: 'const fetch = authFetch(auth)',
    isCommon: true,
    open: (lab) => overFetch(lab.fetch, lab),
  },
  {
    client: 'fetch with a Request',
    via: 'authFetch',
    glue: 'fetch(new Request(url, init))',
    open: (lab) => overFetch((input, init) => lab.fetch(new Request(input, init)), lab),
  },
  {
    client: 'fetch of the runtime, replaced',
    via: 'authFetch',
    glue: "globalThis.fetch = authFetch(auth, { otherOrigins: 'pass' })",
    isExclusive: true,
    open(lab) {
      const { auth, allowedOrigins } = lab
      const original = globalThis.fetch
      globalThis.fetch = authFetch(auth, { allowedOrigins, otherOrigins: 'pass' })
      const close = () => {
        globalThis.fetch = original
      }
      return { ...overFetch((input, init) => globalThis.fetch(input, init), lab), close }
    },
  },
  ...Object.entries({ 7: () => import('undici7'), 8: () => import('undici8') }).map(
    ([version, load]): Row => ({
      client: `undici ${version} fetch`,
      via: 'authFetch',
      glue: 'authFetch(auth, { fetch })',
      ...(version === '8' && { needsNode: 22 }),
      async open({ auth, allowedOrigins, ...lab }) {
        const { fetch, FormData: Form } = await load()
        return overFetch(authFetch(auth, { allowedOrigins, fetch: fetch as never }), lab, Form as never)
      },
    }),
  ),
  ...Object.entries({ 7: () => import('undici7'), 8: () => import('undici8') }).map(
    ([version, load]): Row => ({
      client: `undici ${version} install()`,
      via: 'authFetch',
      glue: 'install(); const fetch = authFetch(auth)',
      isExclusive: true,
      ...(version === '8' && { needsNode: 22 }),
      async open({ auth, allowedOrigins, ...lab }) {
        const undici = await load()
        const before = Object.getOwnPropertyDescriptors(globalThis)
        undici.install()
        const close = () => {
          for (const name of installed) Object.defineProperty(globalThis, name, before[name] as never)
        }
        return { ...overFetch(authFetch(auth, { allowedOrigins }), lab, FormData), close }
      },
    }),
  ),
  {
    client: 'node-fetch 3',
    via: 'authFetch',
    glue: 'authFetch(auth, { fetch: nodeFetch })',
    open: async (lab) => overNodeFetch((await import('node-fetch')).default as never, lab),
  },
  {
    client: 'node-fetch 2',
    via: 'authFetch',
    glue: 'authFetch(auth, { fetch: nodeFetch })',
    async open(lab) {
      // It has no forms of its own, and does not know those of the runtime.
      const { form: _none, ...client } = overNodeFetch((await import('node-fetch2')).default as never, lab)
      return client
    },
  },
]

/** node-fetch has no streams of the web. */
function overNodeFetch(nodeFetch: Fetch, { auth, allowedOrigins, origin }: Lab): TriedClient {
  const { upload: _none, ...client } = overFetch(authFetch(auth, { allowedOrigins, fetch: nodeFetch }), {
    origin,
  })
  return client
}
