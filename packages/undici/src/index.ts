export type { AuthBinding, AuthProvider } from '@outbound-auth/core'
export {
  type AuthInterceptor,
  type AuthInterceptorOptions,
  type AuthInterceptorProviderOptions,
  authInterceptor,
} from './auth-interceptor.js'
