import type { AuthProvider, TokenSource } from '@outbound-auth/core'
import type { AwsReference } from './aws-reference.js'
import type { AwsKeysSource } from './aws-source.js'
import type { EnvReference, PlatformReference, SecretReference } from './secret-reference.js'
import type { StoreReference } from './store-reference.js'

/** The factories that a resolver knows, by the kind of their providers: `{ bearer: bearerAuth }`. */
export type AuthFactories<Factories> = {
  readonly [Kind in keyof Factories]: (options: never) => AuthProvider & { readonly kind: Kind }
}

/**
 * The value of a static header: a literal, or a variable. A variable that is unset is an error, unless it is optional.
 */
export type StaticHeader = string | (EnvReference & { readonly optional?: boolean | undefined })

// Compilers report what is missing in the last type of a union, and most definitions need a baseUrl.
/** Where the credential of a definition may go. At least one of the two properties is required. */
export type Destination =
  | { readonly baseUrl?: undefined; readonly allowedOrigins: readonly string[] }
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

/** How the credential of a definition may travel. */
export interface Transport {
  /**
   * Allows plain http to hosts other than this machine. Every host on the way can then read the credential, so use it
   * only in a network that you trust. An option of this name on the adapter overrides it.
   *
   * @default false
   */
  readonly allowInsecureTransport?: boolean | undefined
}

/** Static headers of a definition. */
export interface StaticHeaders {
  /**
   * Static headers. A header of the same name from the caller or from the provider wins. Values from variables are
   * secret. A header that the transport sets or drops (host, content-length …) is a TypeError.
   */
  readonly headers?: Readonly<Record<string, StaticHeader>> | undefined
}

/** Static query parameters of a definition. */
export interface StaticQuery {
  /**
   * Static query parameters. A parameter of the same name in the URL wins. URLs end up in logs, so put no secret here.
   */
  readonly query?: Readonly<Record<string, string>> | undefined
}

/**
 * The options of a factory in a definition. An option that takes a {@link TokenSource} also takes a {@link
 * SecretReference}, and a `subjectToken` also a {@link PlatformReference}. An option that takes an {@link
 * AwsKeysSource} also takes an {@link AwsReference}. A `store` also takes a {@link StoreReference}. The options of
 * `identityProvider`, the client of another server, are like those of a factory.
 */
export type DefinitionOptions<Options> = {
  readonly [Name in keyof Options as Name extends 'headers' | keyof Transport ? never : Name]: [
    TokenSource,
  ] extends [Options[Name]]
    ? Options[Name] | SecretReference | (Name extends 'subjectToken' ? PlatformReference : never)
    : [AwsKeysSource] extends [Options[Name]]
      ? Options[Name] | AwsReference
      : Name extends 'identityProvider'
        ? DefinitionOptions<Options[Name]>
        : Options[Name] | (Name extends 'store' ? StoreReference : never)
}

/**
 * A definition of one kind. If `query` is a string, it is an option of the factory, so the definition has no static
 * parameters.
 */
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
  /** Why no credential is sent, in words. The reason explains a later 401. */
  readonly reason: string
}

/** A definition that a resolver with these factories takes. */
export type AuthDefinition<Factories> =
  | KindDefinition<'none', NoneOptions>
  | {
      [Kind in keyof Factories & string]: KindDefinition<Kind, OptionsOf<Factories[Kind]>>
    }[keyof Factories & string]

type OptionsOf<Factory> = Factory extends (options: infer Options) => unknown ? Options : never
