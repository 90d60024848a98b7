export type { AuthBinding, AuthProvider } from '@outbound-auth/core'
export { type AuthFetchOptions, type AuthFetchProviderOptions, authFetch, type Fetch } from './auth-fetch.js'
