const maxBytes = 64 * 1024
const maxMs = 2000

/** @internal Reads at most 64 KiB for at most 2 s of a response that stays whole for somebody else. */
export async function peekBody(response: Response): Promise<string> {
  const reader = response.bodyUsed ? undefined : response.clone().body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let left = maxBytes
  const timer = setTimeout(() => reader.cancel().catch(() => {}), maxMs)
  try {
    while (left > 0) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value.subarray(0, left), { stream: true })
      left -= value.length
    }
  } catch {
    // A body that breaks off is read as far as it came; its reader will see the error.
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(() => {})
  }
  return text
}
