import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthBinding, AuthProvider } from '@outbound-auth/core'
import { Agent, Client, type Dispatcher, interceptors, MockAgent, Pool, setGlobalDispatcher } from 'undici'
import { type AuthInterceptor, type AuthInterceptorOptions, authInterceptor } from '../../src/index.js'

/** Compiles against the types of undici 7 with everything else, and of undici 8 in a test of its own. */
export function useEveryForm(provider: AuthProvider, binding: AuthBinding): Dispatcher[] {
  const interceptor: AuthInterceptor = authInterceptor(provider, { allowedOrigins: [] })
  const plain: Dispatcher.DispatcherComposeInterceptor = interceptor
  const options: AuthInterceptorOptions = { replayLimitBytes: 0, minValidityMs: 1, otherOrigins: 'pass' }
  const agent: Dispatcher = new Agent().compose(interceptor)
  setGlobalDispatcher(agent)
  // @ts-expect-error a bare provider needs its origins
  authInterceptor(provider, { minValidityMs: 1 })
  // @ts-expect-error there is no such option
  authInterceptor(binding, { allowedOrigin: [] })
  return [
    agent,
    new Pool('https://api.example.com').compose(plain, interceptors.redirect(), interceptors.retry()),
    new Client('https://api.example.com').compose([interceptor]),
    new MockAgent().compose(authInterceptor(binding, options)),
    new Agent().compose(
      authInterceptor(bearerAuth({ token: 'token' }), { allowedOrigins: [], otherOrigins: 'pass' }),
    ),
  ]
}
