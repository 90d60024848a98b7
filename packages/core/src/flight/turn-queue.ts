import { untilAborted } from '../lib/until-aborted.js'
import { type Heartbeat, silenceDetector, startTicker } from './heartbeat.js'

/** The right to act alone, until it is given back. */
export interface Turn {
  /** True when this owner gave no sign of life for 1 s, so that the next one has begun: do not write any more. */
  isLost(): boolean
  end(): void
}

/** Options of {@link TurnQueue.take}. */
export interface TakeTurnOptions {
  /** Ends the wait, with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Ends the wait, in milliseconds. @default no limit */
  readonly timeoutMs?: number | undefined
  /** The error at that limit. */
  readonly tooLong?: (() => unknown) | undefined
}

/** Lets callers act one after another, in the order in which they came. */
export interface TurnQueue {
  /** Waits for a turn. Call `end` in a `finally`. */
  take(options?: TakeTurnOptions): Promise<Turn>
}

interface Member extends Heartbeat {
  /** Called when the members before have gone. */
  wake: () => void
}

/**
 * A queue that does not hang when the owner of a turn is gone, as happens in runtimes that end a request together with
 * its promises and timers. Owners and those who wait beat on timers of their own; one without a beat for 1 s loses its
 * place.
 */
export function turnQueue(): TurnQueue {
  const members: Member[] = []

  function leave(member: Member): void {
    const index = members.indexOf(member)
    if (index === -1) return
    members.splice(index, 1)
    if (index === 0) members[0]?.wake()
  }

  return {
    async take({ signal, timeoutMs = Number.POSITIVE_INFINITY, tooLong } = {}) {
      signal?.throwIfAborted()
      let beats = 0
      const member: Member = {
        wake() {},
        get beats() {
          return beats
        },
      }
      const isSilent = silenceDetector(members[0])
      const beat = () => {
        beats++
        const [first] = members
        if (first && first !== member && isSilent(first)) leave(first)
      }
      let stop = () => {}
      const end = () => {
        stop()
        leave(member)
      }
      members.push(member)
      if (members[0] !== member) {
        try {
          const first = new Promise<void>((resolve, reject) => {
            member.wake = resolve
            // A caller with a time limit hears of it, even when nothing else keeps the process alive.
            const isHeld = timeoutMs < Number.POSITIVE_INFINITY
            stop = startTicker(timeoutMs, beat, () => reject(tooLong?.()), isHeld)
          })
          await untilAborted(first, signal)
        } catch (error) {
          end()
          throw error
        }
        stop()
      }
      const beatAlone = () => beats++
      stop = startTicker(Number.POSITIVE_INFINITY, beatAlone, () => {}, false)
      return { end, isLost: () => !members.includes(member) }
    },
  }
}
