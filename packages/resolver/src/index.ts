export { AuthError, type AuthObserver, type AuthProvider } from '@outbound-auth/core'
export type { AuthLogin, LoginType } from './decide/auth-login.js'
export {
  createSessionFallback,
  type ProviderAuthScope,
  type SessionFallback,
} from './decide/provider-auth-scope.js'
export { type SelectableDefinition, selectAuth } from './decide/select-auth.js'
export type { AuthSelection, SelectionStep } from './decide/selection-trace.js'
export type {
  AuthDefinition,
  AuthFactories,
  DefinitionOptions,
  Destination,
  KindDefinition,
  NoneOptions,
  StaticHeader,
  StaticHeaders,
  StaticQuery,
} from './definition/auth-definition.js'
export type {
  AwsChainReference,
  AwsKeysReference,
  AwsReference,
  AwsRoleReference,
} from './definition/aws-reference.js'
export type { AwsKeys, AwsKeysSource } from './definition/aws-source.js'
export { definitionPath } from './definition/definition-path.js'
export type {
  CommandReference,
  EnvReference,
  FileReference,
  PlatformReference,
  SecretHost,
  SecretReference,
} from './definition/secret-reference.js'
export type {
  StoreFactory,
  StorePlace,
  StoreReference,
  StoreSettings,
} from './definition/store-reference.js'
export { type AuthResolver, createResolver, type ResolverOptions } from './open/create-resolver.js'
export type { ResolvedAuth } from './open/resolved-auth.js'
