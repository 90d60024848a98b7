// Prevents the mistake of a run that nobody waits for: a pool of Vitest that keeps one thread with the sources loaded,
// so that a mutant costs only the tests that cover it.
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

/** @typedef {{ __vitest_worker_request__?: true, type?: string, context?: { config?: object } }} Message */

const isResponse = { __vitest_worker_response__: true }

/**
 * Makes the pool and the function that drops its thread.
 *
 * Vitest starts and stops a worker for each run. Both are answered here, and the thread hears only of the first start.
 * The settings of each start, such as the names of the tests, go to the thread with the run.
 */
export function createWarmPool() {
  /** @type {Worker | undefined} */
  let thread
  let isStarted = false
  /** @type {object | undefined} */
  let config

  /** @param {{ distPath: string, env: Record<string, string>, execArgv: string[] }} options */
  function createPoolWorker({ distPath, env, execArgv }) {
    const own = new EventEmitter()
    /** @type {[string, (value: unknown) => void][]} */
    const listeners = []
    return {
      name: 'warm',
      start() {
        if (thread === undefined) isStarted = false
        thread ??= new Worker(join(distPath, 'workers/threads.js'), {
          env,
          execArgv,
          stdout: true,
          stderr: true,
        })
      },
      stop() {
        for (const [event, listener] of listeners) thread?.off(event, listener)
      },
      /** @param {Message} message */
      send(message) {
        const isRepeated = message.type === 'start' && isStarted
        if (message.type === 'start') {
          isStarted = true
          config = message.context?.config
        }
        if (isRepeated) queueMicrotask(() => own.emit('message', { ...isResponse, type: 'started' }))
        else if (message.type === 'stop' && message.__vitest_worker_request__)
          queueMicrotask(() => own.emit('message', { ...isResponse, type: 'stopped' }))
        else if (message.type === 'run')
          thread?.postMessage({ ...message, context: { config, ...message.context } })
        else thread?.postMessage(message)
      },
      /** @param {string} event @param {(value: unknown) => void} listener */
      on(event, listener) {
        listeners.push([event, listener])
        own.on(event, listener)
        thread?.on(event, listener)
      },
      /** @param {string} event @param {(value: unknown) => void} listener */
      off(event, listener) {
        own.off(event, listener)
        thread?.off(event, listener)
      },
      /** @param {unknown} data */
      deserialize: (data) => data,
    }
  }

  /** The next run gets a new thread. */
  async function drop() {
    const old = thread
    thread = undefined
    await old?.terminate()
  }
  return { pool: { name: 'warm', createPoolWorker }, drop }
}
