export { type AuthBinding, AuthError, type AuthObserver, type AuthProvider } from '@outbound-auth/core'
export {
  type AuthInterceptor,
  type AuthInterceptorOptions,
  type AuthInterceptorProviderOptions,
  authInterceptor,
} from './auth-interceptor.js'
