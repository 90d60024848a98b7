import type { AuthProvider, TokenSource } from '@outbound-auth/core'
import type { AwsReference } from './aws-reference.js'
import type { AwsKeysSource } from './aws-source.js'
import type { EnvReference, SecretReference } from './secret-reference.js'

/** The factories that a resolver knows, each under the kind of what it makes: `{ bearer: bearerAuth }`. */
export type AuthFactories<Factories> = {
  readonly [Kind in keyof Factories]: (options: never) => AuthProvider & { readonly kind: Kind }
}

/** A static header's value: the literal, or the variable that has it. One that is unset is an error, unless it is optional. */
export type StaticHeader = string | (EnvReference & { readonly optional?: boolean | undefined })

/** Where a definition's credential may go: at least one of the two. */
export type Destination =
  | {
      /** Absolute http(s) URL that paths are appended to. */
      readonly baseUrl: string
      /**
       * Origins that may see the credential; an empty list allows nothing.
       *
       * @default the origin of baseUrl
       */
      readonly allowedOrigins?: readonly string[] | undefined
    }
  | { readonly baseUrl?: undefined; readonly allowedOrigins: readonly string[] }

/** How a definition's credential may travel. */
export interface Transport {
  /**
   * Allows plain http to hosts other than this machine, for a network that you trust: everybody on the way can read the
   * credential. An adapter's own option of this name goes before.
   *
   * @default false
   */
  readonly allowInsecureTransport?: boolean | undefined
}

/** Static headers of a definition. */
export interface StaticHeaders {
  /**
   * Static headers, placed where the caller has none of that name, and below auth. Values from variables are secret. A header
   * that the transport sets or drops (host, content-length …) is a TypeError.
   */
  readonly headers?: Readonly<Record<string, StaticHeader>> | undefined
}

/** Static query parameters of a definition. */
export interface StaticQuery {
  /** Static query parameters, placed where the URL has none of that name. URLs end up in logs: put no secret here. */
  readonly query?: Readonly<Record<string, string>> | undefined
}

/** A factory's options as a definition has them: where a {@link TokenSource} may stand, a reference may stand too, and where a source of AWS credentials may, a reference to those. */
export type DefinitionOptions<Options> = {
  readonly [Name in keyof Options as Name extends 'headers' | keyof Transport ? never : Name]: [
    TokenSource,
  ] extends [Options[Name]]
    ? Options[Name] | SecretReference
    : [AwsKeysSource] extends [Options[Name]]
      ? Options[Name] | AwsReference
      : Options[Name]
}

/** A definition of one kind. A `query` that is a string is the factory's own option and leaves no room for static parameters. */
export type KindDefinition<Kind extends string, Options> = Options extends unknown
  ? { readonly kind: Kind } & (Options extends { readonly query: string }
      ? DefinitionOptions<Options>
      : Omit<DefinitionOptions<Options>, 'query'> & StaticQuery) &
      StaticHeaders &
      Transport &
      Destination
  : never

/** Options of kind `none`, which every resolver knows. */
export interface NoneOptions {
  /** Why no credential is sent, in words; it explains a later 401. */
  readonly reason: string
}

/** Every definition that a resolver with these factories takes. */
export type AuthDefinition<Factories> =
  | KindDefinition<'none', NoneOptions>
  | {
      [Kind in keyof Factories & string]: KindDefinition<Kind, OptionsOf<Factories[Kind]>>
    }[keyof Factories & string]

type OptionsOf<Factory> = Factory extends (options: infer Options) => unknown ? Options : never
