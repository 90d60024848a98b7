import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { loopback } from '../../../test/support/loopback.js'

/** One request of a token endpoint. */
export interface TokenRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly form: Record<string, string>
}

/** A token endpoint on loopback, until the test ends. */
export interface TokenEndpoint {
  readonly url: string
  readonly requests: TokenRequest[]
}

/** Starts a token endpoint. @param atEnd that of the test's context, for a concurrent test */
export async function startTokenEndpoint(
  respond: (response: ServerResponse, request: TokenRequest) => void,
  atEnd?: (stop: () => void) => void,
): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = []
  const { origin } = await loopback(
    ({ method, headers, body }, response) => {
      const request = { method, headers, form: Object.fromEntries(new URLSearchParams(String(body))) }
      requests.push(request)
      respond(response, request)
    },
    { atEnd },
  )
  return { url: `${origin}/token`, requests }
}
