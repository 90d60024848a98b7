import type { ServerResponse, TokenFault, TokenResponse } from '@outbound-auth/core/provider'
import type { SourceCall } from '../client/read-source.js'
import type { OauthServer } from './discover-server.js'

/** @internal Parameters of a request, in order. A name may be there several times. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** @internal One exchange. */
export interface Exchange {
  readonly signal: AbortSignal
  /** The parameters of the grant, made anew for each try: an assertion may be good for one. */
  readonly grant: (call: SourceCall) => Pairs | Promise<Pairs>
  readonly keep?: ((refreshToken: string) => void) | undefined
  /** Is told why a response grants nothing, before the error is thrown. */
  readonly onFault?: ((fault: TokenFault, response: ServerResponse) => void) | undefined
  /** The claims that an API wants in the token, as JSON text. */
  readonly claims?: string | undefined
  /** The type that the token must have. @default 'dpop' with a prover, else 'bearer' */
  readonly tokenType?: 'bearer' | 'n_a' | undefined
}

/** @internal Proves to the endpoint that the client has a key. */
export interface EndpointProver {
  prove(url: URL, now: Date): Promise<string>
  /** Takes note of a response. @returns whether it brought another nonce than the last proof had */
  note(url: URL, headers: Headers): boolean
}

/** @internal */
export interface TokenExchanger {
  exchange(exchange: Exchange): Promise<TokenResponse>
  /** The server as far as it is known: by discovery, or by the options. */
  server(signal: AbortSignal): Promise<KnownServer>
}

/** @internal What is known of a server; without discovery that is little. */
export type KnownServer = Omit<OauthServer, 'issuer'> & { readonly issuer: string | undefined }
