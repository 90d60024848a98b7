import { untilAborted } from '../lib/until-aborted.js'

/**
 * Waits. When the signal ends the wait, no timer is left.
 *
 * @throws the reason of `signal`, unchanged
 */
export async function pause(durationMs: number, signal?: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, durationMs)
  })
  await untilAborted(over, signal).finally(() => clearTimeout(timer))
}
