export { AuthError, type AuthObserver, type AuthProvider } from '@outbound-auth/core'
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
} from './auth-definition.js'
export type { AuthLogin, LoginType } from './auth-login.js'
export type { AwsChainReference, AwsKeysReference, AwsReference } from './aws-reference.js'
export type { AwsKeys, AwsKeysSource } from './aws-source.js'
export { type AuthResolver, createResolver, type ResolverOptions } from './create-resolver.js'
export {
  createSessionFallback,
  type ProviderAuthScope,
  type SessionFallback,
} from './provider-auth-scope.js'
export type { ResolvedAuth } from './resolved-auth.js'
export type {
  CommandReference,
  EnvReference,
  FileReference,
  SecretHost,
  SecretReference,
} from './secret-reference.js'
export {
  type AuthSelection,
  type SelectableDefinition,
  type SelectionStep,
  selectAuth,
} from './select-auth.js'
