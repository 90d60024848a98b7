const firstMs = 20
const longestMs = 250

/** The pauses of one wait, in milliseconds: from about 20 to 250, each of a random length so that waiters spread. */
export function pauses(): () => number {
  let lengthMs = firstMs
  return () => {
    const pauseMs = lengthMs * (0.5 + Math.random() / 2)
    lengthMs = Math.min(lengthMs * 1.5, longestMs)
    return pauseMs
  }
}
