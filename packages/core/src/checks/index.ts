export { checkAuthProvider } from './check-auth-provider.js'
export type { AuthProviderCheck, CheckAuthProviderOptions, CheckContext } from './provider-check.js'
