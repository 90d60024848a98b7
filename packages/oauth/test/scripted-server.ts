import { type OauthAuth, type OauthClientOptions, oauthAuth } from '../src/index.js'

/** A request as the server got it. */
export interface Arrival {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly form: URLSearchParams
}

export type Answer = (arrival: Arrival, index: number) => Response | Promise<Response>

export const granted = (change: object = {}, init: ResponseInit = {}): Response =>
  Response.json({ access_token: 'planted-token', token_type: 'Bearer', expires_in: 3600, ...change }, init)

export const refused = (error: string, init: ResponseInit = {}): Response =>
  Response.json({ error, error_description: 'planted-description' }, { status: 400, ...init })

/** A `fetch` that answers as it is told, and keeps what it was sent. */
export function scripted(answer: Answer = () => granted()): {
  readonly fetch: typeof globalThis.fetch
  readonly arrivals: Arrival[]
} {
  const arrivals: Arrival[] = []
  const fetch = (async (url: string, init: RequestInit) => {
    const arrival = {
      url,
      method: init.method ?? '',
      headers: new Headers(init.headers),
      form: new URLSearchParams(String(init.body ?? '')),
    }
    arrivals.push(arrival)
    return answer(arrival, arrivals.length - 1)
  }) as unknown as typeof globalThis.fetch
  return { fetch, arrivals }
}

export const tokenEndpoint = 'https://login.example.com/token'

/** One exchange of a client at a scripted server. */
export function exchanging(
  answer: Answer,
  change: Partial<OauthClientOptions> = {},
): { readonly auth: OauthAuth; readonly arrivals: Arrival[] } {
  const { fetch, arrivals } = scripted(answer)
  const client = { tokenEndpoint, clientId: 'agent', clientSecret: 'planted-secret', fetch, ...change }
  const auth = oauthAuth(client as OauthClientOptions)
  return { auth, arrivals }
}
