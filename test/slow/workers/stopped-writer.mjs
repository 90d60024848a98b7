// Says that it holds the lock, waits to be stopped and woken, and says what came of its write.
import { built } from './built.mjs'

const { fileStore } = await built('file-store')
const store = fileStore({ path: process.argv[2], holderTimeoutMs: 500 })
const change = async () => {
  process.send?.('ready')
  await new Promise((resolve) => setTimeout(resolve, 300))
  return { from: 'the stopped' }
}
const outcome = await store.update(change).catch((/** @type {{ code: string }} */ error) => error.code)
process.send?.(outcome, () => process.disconnect?.())
