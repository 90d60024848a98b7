// Counts in a shared document as fast as it can until it is told to stop, and says how often it did and what failed.
import { built } from './built.mjs'

const { fileStore } = await built('file-store')
const store = fileStore({ path: process.argv[2] })
let isStopped = false
let updates = 0
/** @type {string[]} */
const errors = []
process.on('message', () => {
  isStopped = true
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
while (!isStopped) {
  try {
    await store.update((/** @type {number | undefined} */ count = 0) => count + 1)
    updates++
  } catch (error) {
    errors.push(String(error))
  }
}
process.send?.({ updates, errors }, () => process.disconnect?.())
