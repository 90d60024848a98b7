import type { Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'
import type { AuthInterceptor } from '../src/index.js'
import type { Undici } from './each-undici.js'

/** An agent that authenticates, and is destroyed at the end of the test. */
export function agentWith(
  undici: Undici,
  ...interceptors: (AuthInterceptor | Dispatcher.DispatcherComposeInterceptor)[]
): Dispatcher {
  const agent = new undici.Agent()
  onTestFinished(() => agent.destroy())
  return agent.compose(...interceptors)
}

/** The error of a promise. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )
