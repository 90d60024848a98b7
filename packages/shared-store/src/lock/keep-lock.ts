import { AuthError } from '@outbound-auth/core'
import type { RecordEngine } from '../record/record-engine.js'
import { randomId } from '../record/record-state.js'
import { goesOn } from './goes-on.js'
import type { HeldLock } from './take-lock.js'

/** Signs of life of one holder. */
export interface Beats {
  /** Ends them, and waits for one that is on its way. */
  stop(): Promise<void>
}

/** A holder gives this many signs of life within `holderTimeoutMs`. */
const beatsPerTimeout = 5

/** Writes a new stamp now and then, so that others see that the holder of the lock lives. */
export function startBeats(engine: RecordEngine, held: HeldLock, holderTimeoutMs: number): Beats {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  let running = Promise.resolve()
  const schedule = () => {
    timer = setTimeout(() => {
      running = beat(engine, held).then((isHeld) => {
        if (isHeld && !isStopped) schedule()
      })
    }, holderTimeoutMs / beatsPerTimeout)
    // The change itself keeps the process alive, or it is over.
    timer.unref?.()
  }
  schedule()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/** One sign of life. @returns false when somebody else has the lock */
async function beat(engine: RecordEngine, held: HeldLock): Promise<boolean> {
  try {
    const next = { ...held.state, stamp: randomId(), lock: held.lock }
    const version = (await engine.put(next, held.version)) ?? (await foundVersion(engine, held))
    if (version === undefined) return false
    held.version = version
  } catch (error) {
    // Whether it arrived is seen at the next write. The engine may be back then.
    if (!AuthError.is(error)) throw error
  }
  return true
}

/** The version over which the next sign of life is written; undefined if another holder has the lock. */
async function foundVersion(engine: RecordEngine, held: HeldLock): Promise<string | undefined> {
  const found = await engine.get()
  return found && goesOn(found.state, held) ? found.version : undefined
}
