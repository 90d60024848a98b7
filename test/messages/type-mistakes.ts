/** A mistake of somebody who uses a package for the first time, and what the compilers say. */
export interface TypeMistake {
  /** One expression; `preamble` of the test has all names. */
  readonly code: string
  /** The first line of TypeScript 7. */
  readonly first: string
  /** The first line of TypeScript 5.9, where it is another. */
  readonly older?: string
  /** The last line, where the first one does not name the property at fault. */
  readonly last?: string
}

export const typeMistakes: readonly TypeMistake[] = [
  {
    code: "apiKeyAuth({ key: 'x' })",
    first: "Argument of type '{ key: string; }' is not assignable to parameter of type 'ApiKeyAuthOptions'.",
    last: "Property 'header' is missing in type '{ key: string; }' but required in type 'HeaderKeyOptions'.",
  },
  {
    code: "apiKeyAuth({ key: 'x', headerName: 'x-api-key' })",
    first:
      "Object literal may only specify known properties, and 'headerName' does not exist in type 'ApiKeyAuthOptions'.",
  },
  {
    code: "apiKeyAuth({ apiKey: 'x', header: 'x-api-key' })",
    first:
      "Object literal may only specify known properties, and 'apiKey' does not exist in type 'HeaderKeyOptions & { readonly query?: undefined; }'.",
  },
  {
    code: "apiKeyAuth({ key: 'x', header: 'x-api-key', query: 'key' })",
    first:
      "Argument of type '{ key: string; header: string; query: string; }' is not assignable to parameter of type 'ApiKeyAuthOptions'.",
    last: "Type 'string' is not assignable to type 'undefined'.",
  },
  {
    code: "basicAuth({ username: 'me', password: 'x' })",
    first:
      "Object literal may only specify known properties, and 'username' does not exist in type 'BasicAuthOptions'.",
  },
  {
    code: "bearerAuth('x')",
    first: "Argument of type 'string' is not assignable to parameter of type 'BearerAuthOptions'.",
  },
  {
    code: "bearerAuth({ token: process.env['TOKEN'] })",
    first: "Type 'string | undefined' is not assignable to type 'string | TokenSource'.",
    last: "Type 'undefined' is not assignable to type 'string | TokenSource'.",
  },
  {
    code: "bearerAuth({ accessToken: 'x' })",
    first:
      "Object literal may only specify known properties, and 'accessToken' does not exist in type 'BearerAuthOptions'.",
  },
  {
    code: 'bearerAuth({ token: login() })',
    first: "Type 'Promise<string>' is not assignable to type 'string | TokenSource'.",
  },
  {
    code: "bearerAuth({ token: async () => ({ access_token: 'x' }) })",
    first:
      "Type '() => Promise<{ access_token: string; }>' is not assignable to type 'string | TokenSource'.",
    last: "Type '{ access_token: string; }' is not assignable to type 'string | AccessToken'.",
  },
  {
    code: "bearerAuth({ token: async () => ({ token: 'x', expiresAt: 1_700_000_000 }) })",
    first:
      "Type '() => Promise<{ token: string; expiresAt: number; }>' is not assignable to type 'string | TokenSource'.",
    last: "Type 'number' is not assignable to type 'Date'.",
  },
  {
    code: 'authFetch(auth)',
    first: 'Expected 2 arguments, but got 1.',
  },
  {
    code: 'authFetch(auth, {})',
    first:
      "Property 'allowedOrigins' is missing in type '{}' but required in type 'AuthFetchProviderOptions'.",
    older: "Argument of type '{}' is not assignable to parameter of type 'AuthFetchProviderOptions'.",
    last: "Property 'allowedOrigins' is missing in type '{}' but required in type 'AuthFetchProviderOptions'.",
  },
  {
    code: "authFetch(auth, { allowedOrigin: ['https://api.example.com'] })",
    first:
      "Object literal may only specify known properties, but 'allowedOrigin' does not exist in type 'AuthFetchProviderOptions'. Did you mean to write 'allowedOrigins'?",
  },
  {
    code: "authFetch(auth, { allowedOrigins: 'https://api.example.com' })",
    first: "Type 'string' is not assignable to type 'readonly string[]'.",
  },
  {
    code: "authFetch({ token: 'x' }, { allowedOrigins: [] })",
    first:
      "Object literal may only specify known properties, and 'token' does not exist in type 'AuthBinding | AuthProvider'.",
  },
  {
    code: 'authInterceptor(auth)',
    first: 'Expected 2 arguments, but got 1.',
  },
  {
    code: "authInterceptor(auth, { origins: ['https://api.example.com'] })",
    first:
      "Object literal may only specify known properties, and 'origins' does not exist in type 'AuthInterceptorProviderOptions'.",
  },
  {
    code: "handshakeAuth(auth, { url: 'wss://api.example.com' })",
    first: 'Expected 3 arguments, but got 2.',
  },
  {
    code: "bindAuth(auth, { baseURL: 'https://api.example.com' })",
    first:
      "Object literal may only specify known properties, but 'baseURL' does not exist in type 'BindAuthOptions'. Did you mean to write 'baseUrl'?",
  },
  {
    code: 'combineAuth([auth, auth])',
    first:
      "Type 'BearerAuth[]' is missing the following properties from type 'AuthProvider': kind, headerNames, addAuthHeaders",
    older: "Argument of type 'BearerAuth[]' is not assignable to parameter of type 'AuthProvider'.",
    last: "Type 'BearerAuth[]' is missing the following properties from type 'AuthProvider': kind, headerNames, addAuthHeaders",
  },
  {
    code: 'noAuth()',
    first: 'Expected 1 arguments, but got 0.',
  },
  {
    code: "sigV4Auth({ service: 's3', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })",
    first:
      "Property 'region' is missing in type '{ service: string; credentials: { accessKeyId: string; secretAccessKey: string; }; }' but required in type 'SigV4AuthOptions'.",
    older:
      "Argument of type '{ service: string; credentials: { accessKeyId: string; secretAccessKey: string; }; }' is not assignable to parameter of type 'SigV4AuthOptions'.",
    last: "Property 'region' is missing in type '{ service: string; credentials: { accessKeyId: string; secretAccessKey: string; }; }' but required in type 'SigV4AuthOptions'.",
  },
  {
    code: "sigV4Auth({ service: 's3', region: 'eu-west-1', credentials: { accessKeyId: 'a', secretKey: 'b' } })",
    first:
      "Object literal may only specify known properties, and 'secretKey' does not exist in type 'AwsCredentials | ((options: SourceOptions) => AwsCredentials | Promise<AwsCredentials>)'.",
  },
  {
    code: 'createResolver({ apiKey: apiKeyAuth })',
    first: `Type '(options: ApiKeyAuthOptions) => ApiKeyAuth' is not assignable to type '(options: never) => AuthProvider & { readonly kind: "apiKey"; }'.`,
    last: `Type '"api-key"' is not assignable to type '"apiKey"'.`,
  },
  {
    code: 'createResolver({ bearer: auth })',
    first: `Type 'BearerAuth' is not assignable to type '(options: never) => AuthProvider & { readonly kind: "bearer"; }'.`,
    last: `Type 'BearerAuth' provides no match for the signature '(options: never): AuthProvider & { readonly kind: "bearer"; }'.`,
  },
  {
    code: "resolver.resolve({ kind: 'bearer', token: { env: 'TOKEN' } })",
    first: `Argument of type '{ kind: "bearer"; token: { env: string; }; }' is not assignable to parameter of type 'AuthDefinition<{ readonly bearer: (options: BearerAuthOptions) => BearerAuth; readonly 'api-key': (options: ApiKeyAuthOptions) => ApiKeyAuth; }>'.`,
    last: `Property 'baseUrl' is missing in type '{ kind: "bearer"; token: { env: string; }; }' but required in type '{ readonly baseUrl: string; readonly allowedOrigins?: readonly string[] | undefined; }'.`,
  },
  {
    code: "resolver.resolve({ kind: 'bearer', token: { env: 'TOKEN' }, base_url: 'https://api.example.com' })",
    first: `Object literal may only specify known properties, but 'base_url' does not exist in type '({ readonly kind: "bearer"; } & Omit<DefinitionOptions<BearerAuthOptions>, "query"> & StaticQuery & StaticHeaders & Transport & { ...; }) | ({ ...; } & ... 4 more ... & { ...; })'. Did you mean to write 'baseUrl'?`,
  },
  {
    code: "resolver.resolve({ kind: 'bearer', token: { env: 'TOKEN', file: 'token' }, baseUrl: 'https://api.example.com' })",
    first:
      "Type '{ env: string; file: string; }' is not assignable to type 'string | TokenSource | SecretReference'.",
    last: "Type 'string' is not assignable to type 'undefined'.",
  },
  {
    code: "resolver.resolve({ kind: 'beerer', token: { env: 'TOKEN' }, baseUrl: 'https://api.example.com' })",
    first: `Type '"beerer"' is not assignable to type '"api-key" | "bearer" | "none"'. Did you mean '"bearer"'?`,
  },
  {
    code: "resolver.resolve({ kind: 'api-key', key: { env: 'KEY' }, baseUrl: 'https://api.example.com' })",
    first: `Argument of type '{ kind: "api-key"; key: { env: string; }; baseUrl: string; }' is not assignable to parameter of type 'AuthDefinition<{ readonly bearer: (options: BearerAuthOptions) => BearerAuth; readonly 'api-key': (options: ApiKeyAuthOptions) => ApiKeyAuth; }>'.`,
    last: `Property 'header' is missing in type '{ kind: "api-key"; key: { env: string; }; baseUrl: string; }' but required in type 'Omit<DefinitionOptions<HeaderKeyOptions & { readonly query?: undefined; }>, "query">'.`,
  },
  {
    code: "rotatingToken({ store: 'token.json', refresh })",
    first: "Type 'string' is not assignable to type 'DocumentStore<StoredToken>'.",
  },
  {
    code: 'rotatingToken({ refresh })',
    first:
      "Property 'store' is missing in type '{ refresh: TokenRefresh; }' but required in type 'RotatingTokenOptions<StoredToken, RefreshedToken>'.",
    older:
      "Argument of type '{ refresh: TokenRefresh; }' is not assignable to parameter of type 'RotatingTokenOptions<StoredToken, RefreshedToken>'.",
    last: "Property 'store' is missing in type '{ refresh: TokenRefresh; }' but required in type 'RotatingTokenOptions<StoredToken, RefreshedToken>'.",
  },
  {
    code: 'rotatingToken({ storage: store, refresh })',
    first:
      "Object literal may only specify known properties, but 'storage' does not exist in type 'RotatingTokenOptions<StoredToken, RefreshedToken>'. Did you mean to write 'store'?",
  },
  {
    code: 'rotatingToken({ store, refresh, timeout: 5 })',
    first:
      "Object literal may only specify known properties, but 'timeout' does not exist in type 'RotatingTokenOptions<{ accessToken: string; refreshToken: string; }, RefreshedToken>'. Did you mean to write 'timeoutMs'?",
  },
  {
    code: "rotatingToken({ store, refresh: 'https://auth.example.com' })",
    first: "Type 'string' is not assignable to type 'TokenRefresh<RefreshedToken>'.",
  },
  {
    code: 'rotatingToken({ store: createMemoryStore({ a: { b: 1 } }), refresh })',
    first:
      "Argument of type '{ store: DocumentStore<{ a: { b: number; }; }>; refresh: TokenRefresh; }' is not assignable to parameter of type 'RotatingTokenOptions<{ a: { b: number; }; }, RefreshedToken> & TokenShape<NoInfer<{ ...; }>, NoInfer<RefreshedToken>>'.",
    last: "Type '{ store: DocumentStore<{ a: { b: number; }; }>; refresh: TokenRefresh; }' is missing the following properties from type 'TokenShape<NoInfer<{ a: { b: number; }; }>, NoInfer<RefreshedToken>>': select, merge",
  },
  {
    code: 'rotatingToken({ store: { read: async () => undefined }, refresh })',
    first:
      "Property 'update' is missing in type '{ read: () => Promise<undefined>; }' but required in type 'DocumentStore<undefined>'.",
  },
  {
    code: 'sendWithAuth(auth, { url: origin }, async () => ({ status: 200 }))',
    first: 'Expected 4 arguments, but got 3.',
  },
  {
    code: 'sendWithAuth(auth, { url: origin }, async () => ({ status: 200 }), { allowedOrigin: [origin] })',
    first:
      "Object literal may only specify known properties, but 'allowedOrigin' does not exist in type 'HandshakeProviderOptions'. Did you mean to write 'allowedOrigins'?",
  },
  {
    code: 'tokenHandle(auth, { url: origin })',
    first:
      "Object literal may only specify known properties, and 'url' does not exist in type 'TokenHandleOptions'.",
  },
  {
    code: 'tokenHandle(auth, { origin }).get({ force: true })',
    first:
      "Object literal may only specify known properties, and 'force' does not exist in type 'TokenRequest'.",
  },
  {
    code: 'toAwsRequestHandler(auth)',
    first: "Argument of type 'BearerAuth' is not assignable to parameter of type 'FetchLike'.",
  },
  {
    code: "commandToken({ command: 'gcloud auth print-access-token' })",
    first: "Type 'string' is not assignable to type 'readonly string[]'.",
  },
  {
    code: "basicAuth({ user: 'u', pass: 'p' })",
    first:
      "Object literal may only specify known properties, and 'pass' does not exist in type 'BasicAuthOptions'.",
  },
  {
    code: "oauthAuth({ issuer: origin, clientId: 'c', clientSecret: 's', scopes: ['a'] })",
    first:
      "Object literal may only specify known properties, but 'scopes' does not exist in type 'OauthAuthOptions'. Did you mean to write 'scope'?",
  },
  {
    code: 'createResolver([bearerAuth])',
    first: `Type '(options: BearerAuthOptions) => BearerAuth' is not assignable to type '(options: never) => AuthProvider & { readonly kind: "0"; }'.`,
    last: `Type '"bearer"' is not assignable to type '"0"'.`,
  },
  {
    code: "resolver.resolve({ kind: 'bearer', token: { environment: 'TOKEN' }, baseUrl: origin })",
    first:
      "Object literal may only specify known properties, and 'environment' does not exist in type 'TokenSource | SecretReference'.",
  },
  {
    code: 'toAuthHeaders(bindAuth(auth, { baseUrl: origin }))',
    first:
      "Type 'BoundAuth' is missing the following properties from type 'AuthProvider': kind, headerNames, addAuthHeaders",
    older: "Argument of type 'BoundAuth' is not assignable to parameter of type 'AuthProvider'.",
    last: "Type 'BoundAuth' is missing the following properties from type 'AuthProvider': kind, headerNames, addAuthHeaders",
  },
  {
    code: "oauthRefresh({ tokenUrl: 'https://auth.example.com/token', clientId: 'x' })",
    first:
      "Object literal may only specify known properties, and 'tokenUrl' does not exist in type 'OauthRefreshOptions'.",
  },
  {
    code: "fileStore('token.json')",
    first: "Argument of type 'string' is not assignable to parameter of type 'FileStoreOptions<unknown>'.",
  },
  {
    code: "fileStore({ path: 'token.json', lockTimeout: 5000 })",
    first:
      "Object literal may only specify known properties, but 'lockTimeout' does not exist in type 'FileStoreOptions<unknown>'. Did you mean to write 'lockTimeoutMs'?",
  },
  {
    code: "agentIdentityAuth({ agentId: 'a', privateKey: 'x' })",
    first:
      "Object literal may only specify known properties, and 'agentId' does not exist in type 'AgentIdentityAuthOptions'.",
  },
]
