import type { SharedRecord } from '../src/index.js'

/** An engine in memory whose operations a test can delay, lose and undo. */
export interface MemoryEngine {
  /** The record of one client of the engine. Each client can have faults of its own. */
  client(faults?: Faults): SharedRecord
  /** The text, as somebody with access to the engine sees and changes it. */
  text: string | undefined
  /** Calls of all clients so far. */
  readonly calls: readonly ('get' | 'put')[]
}

/** Faults of a call. The number counts the calls of this kind of one client, from 1. */
export interface Faults {
  /** Called before the engine does anything. A rejection: the call never arrived. */
  readonly before?: (call: 'get' | 'put', number: number) => unknown
  /** Called after the engine has done it. A rejection: the response was lost. */
  readonly after?: (call: 'get' | 'put', number: number) => unknown
}

/** Makes an engine without a record. */
export function memoryEngine(): MemoryEngine {
  const calls: ('get' | 'put')[] = []
  const engine: MemoryEngine = {
    text: undefined,
    calls,
    client({ before, after } = {}) {
      const counts = { get: 0, put: 0 }
      const run = async <T>(call: 'get' | 'put', work: () => T): Promise<T> => {
        const number = ++counts[call]
        await before?.(call, number)
        calls.push(call)
        const result = work()
        await after?.(call, number)
        return result
      }
      return {
        name: 'the record x',
        get: () =>
          run('get', () =>
            engine.text === undefined ? undefined : { text: engine.text, version: engine.text },
          ),
        put: (text, version) =>
          run('put', () => {
            if (engine.text !== version) return undefined
            engine.text = text
            return text
          }),
      }
    },
  }
  return engine
}
