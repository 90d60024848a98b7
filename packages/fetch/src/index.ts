export { type AuthBinding, AuthError, type AuthObserver, type AuthProvider } from '@outbound-auth/core'
export { type AuthFetchOptions, type AuthFetchProviderOptions, authFetch, type Fetch } from './auth-fetch.js'
export type { FetchOption, FetchOptionInit, FetchOptionResponse } from './fetch-option.js'
