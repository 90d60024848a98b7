import { type Arrival, loopback } from '../../../test/support/loopback.js'

/** The response of the service. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A service on this machine: a token endpoint, and an API below `/v1/models`. */
export interface TokenService {
  readonly origin: string
  readonly tokenEndpoint: string
  /** The requests to the token endpoint so far. */
  exchanges(): Arrival[]
  /** Sends a request to the same path of this service, wherever the request was to go. */
  readonly fetch: typeof globalThis.fetch
}

export const json = (value: object, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

/** A token that differs from exchange to exchange. */
export const granted = (index: number, change: object = {}): Reply =>
  json({ access_token: `planted-token-${index}`, token_type: 'Bearer', expires_in: 3600, ...change })

/** Starts a service that responds as it is told; `index` counts the requests to the token endpoint from 1. */
export async function tokenService(
  respond: (arrival: Arrival, index: number) => Reply | Promise<Reply> = (_, index) => granted(index),
  respondApi: (arrival: Arrival) => Reply = () => json({ ok: true }),
): Promise<TokenService> {
  const isApi = ({ path }: Arrival) => path.startsWith('/v1/models')
  const exchanges = () => arrivals.filter((arrival) => !isApi(arrival))
  const { origin, arrivals } = await loopback(async (arrival, response) => {
    const index = exchanges().length
    const {
      status = 200,
      headers,
      body,
    } = isApi(arrival) ? respondApi(arrival) : await respond(arrival, index)
    response.writeHead(status, headers)
    response.end(body)
  })
  return {
    origin,
    tokenEndpoint: `${origin}/token`,
    exchanges,
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input))
      return fetch(origin + pathname + search, init)
    },
  }
}
