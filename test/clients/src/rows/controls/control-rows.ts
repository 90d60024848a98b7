import { handshakeAuth, toAuthHeaders } from '@outbound-auth/core'
import { kindNames } from '../../kinds/credentials.js'
import type { Exception, Lab, Row } from '../../row.js'
import { overFetch } from '../http/fetch-rows.js'

/** A fault that each of these kinds must show. If the servers overlook one, the row fails. */
const expected = (columns: Exception['columns'], why: string, kinds: Exception['kinds'] = kindNames) =>
  columns.flatMap((column) => kinds.map((kind): Exception => ({ columns: [column], kinds: [kind], why })))

const only = { W: ['R', 'X', 'S', 'U', 'A', 'E'] } as const

/** Sends what `change` makes of an authenticated request. */
function overChanged(lab: Lab, change: (opened: { url: string; headers: Headers; body: string }) => void) {
  const { auth, allowedOrigins, origin } = lab
  return {
    async call() {
      const headers = { 'content-type': 'application/json' }
      const asked = { url: `${origin}/v1/echo`, method: 'POST', headers, body: '{"a":1}' }
      const opened = await handshakeAuth(auth, asked, { allowedOrigins })
      const sent = { url: opened.url, headers: new Headers(opened.headers), body: asked.body }
      change(sent)
      const response = await fetch(sent.url, { method: 'POST', headers: sent.headers, body: sent.body })
      if (!response.ok) throw new Error(`status ${response.status}`)
      return response.json()
    },
  }
}

/** Changes the last character before the padding of a base64url text, or the last one of any other. */
const altered = (text: string) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')

function alterCredential({ url, headers }: { url: string; headers: Headers }, { auth }: Lab): string {
  const [name = ''] = auth.headerNames
  const value = headers.get(name)
  if (value !== null) headers.set(name, altered(value))
  return value === null ? altered(url) : url
}

/** Clients that do it wrong: each fault is one that the servers must see. */
export const controlRows: readonly Row[] = [
  {
    client: 'control: fetch of the runtime',
    via: 'nothing',
    glue: 'fetch(url)',
    skips: only.W,
    exceptions: expected(['W'], 'control: the request has no credential, and the server must reject it'),
    open: (lab) => overFetch(globalThis.fetch, lab),
  },
  {
    client: 'control: a rotated credential',
    via: 'handshakeAuth',
    glue: 'rotate(); fetch(url, { headers })',
    skips: only.W,
    exceptions: expected(['W'], 'control: the credential is the one before, and the server must reject it'),
    open: (lab) => overChanged(lab, () => lab.credentials.rotate()),
  },
  {
    client: 'control: an altered credential',
    via: 'handshakeAuth',
    glue: 'alter(headers); fetch(url, { headers })',
    skips: only.W,
    exceptions: expected(
      ['W'],
      'control: a character of the credential is altered, and the server must reject it',
    ),
    open: (lab) =>
      overChanged(lab, (sent) => {
        sent.url = alterCredential(sent, lab)
      }),
  },
  {
    client: 'control: an altered body',
    via: 'handshakeAuth',
    glue: 'const { headers } = await handshakeAuth(auth, request); fetch(url, { headers, body: another })',
    kinds: ['sigv4', 's3'],
    skips: only.W,
    exceptions: expected(['W'], 'control: the body is not the signed one, and the server must reject it', [
      'sigv4',
      's3',
    ]),
    open: (lab) =>
      overChanged(lab, (sent) => {
        sent.body = '{"a":2}'
      }),
  },
  {
    client: 'control: an altered URL',
    via: 'handshakeAuth',
    glue: 'const { headers } = await handshakeAuth(auth, request); fetch(another, { headers })',
    kinds: ['sigv4', 's3'],
    skips: only.W,
    exceptions: expected(['W'], 'control: the URL is not the signed one, and the server must reject it', [
      'sigv4',
      's3',
    ]),
    open: (lab) =>
      overChanged(lab, (sent) => {
        sent.url += '?a=1'
      }),
  },
  {
    client: 'control: a key beside the credential',
    via: 'handshakeAuth',
    glue: "fetch(url, { headers: { ...headers, 'api-key': 'dummy' } })",
    skips: only.W,
    exceptions: expected(
      ['W'],
      'control: a second key is beside the credential, and the server must reject it',
    ),
    open: (lab) => overChanged(lab, ({ headers }) => headers.set('api-key', 'another')),
  },
  {
    client: 'control: fetch of the runtime with headers',
    via: 'toAuthHeaders',
    glue: 'fetch(url, { headers: toAuthHeaders(auth) })',
    kinds: ['api-key', 'agent'],
    skips: ['S', 'U', 'A', 'E'],
    exceptions: [
      ...expected(['R'], 'control: static headers are not renewed', ['api-key', 'agent']),
      ...expected(
        ['X'],
        'control: fetch drops only authorization on a redirect; the servers must see the leak',
        ['api-key', 'agent'],
      ),
    ],
    async open(lab) {
      // A source is asked at the first request, so that toAuthHeaders has something to show.
      await handshakeAuth(lab.auth, { url: lab.origin }, { allowedOrigins: lab.allowedOrigins })
      const given = toAuthHeaders(lab.auth)
      return overFetch(
        (input, init) =>
          fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), ...given } }),
        lab,
      )
    },
  },
  {
    client: 'control: a careless client',
    via: 'authFetch',
    glue: 'a client that loses pieces, signals and errors',
    kinds: ['bearer'],
    skips: ['R', 'X'],
    exceptions: [
      ...expected(['S'], 'control: the client waits for the whole stream', ['bearer']),
      ...expected(['U'], 'control: the client sends half of an upload', ['bearer']),
      ...expected(['A'], 'control: the client ignores the signal', ['bearer']),
      ...expected(['E'], 'control: the client throws an error of its own without a cause', ['bearer']),
    ],
    open: (lab) => overCareless(lab),
  },
]

function overCareless({ fetch, origin }: Lab) {
  const post = async (path: string, body: BodyInit) => {
    const response = await fetch(`${origin}/v1/${path}`, { method: 'POST', body }).catch(() => {
      throw new Error('failed')
    })
    return response.text()
  }
  return {
    call: () => post('echo', '{"a":1}'),
    async stream(seen: () => void) {
      const whole = await post('stream', '')
      if (whole === '') seen()
      return whole
    },
    async upload(body: ReadableStream<Uint8Array>) {
      const bytes = await new Response(body).bytes()
      return post('echo', bytes.slice(0, bytes.length / 2))
    },
  }
}
