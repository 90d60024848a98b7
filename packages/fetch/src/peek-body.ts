const maxBytes = 64 * 1024
const maxMs = 2000

/** @internal Reads at most 64 KiB for at most 2 s of a response that stays whole for somebody else. */
export async function peekBody(response: Response): Promise<string> {
  const reader = response.clone().body?.getReader()
  if (reader === undefined) return ''
  const stop = () => void reader.cancel().catch(() => {})
  const timer = setTimeout(stop, maxMs)
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let left = maxBytes; left > 0; ) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value.subarray(0, left), { stream: true })
      left -= value.length
    }
  } catch {
    // A body that breaks off is read as far as it came; its reader will see the error.
  }
  clearTimeout(timer)
  stop()
  return text
}
