// Counts in a shared document as fast as it can, and says each number once it is stored, until it is killed.
import { built } from './built.mjs'

const { fileStore } = await built('file-store')
const store = fileStore({ path: process.argv[2] })
process.on('disconnect', () => process.exit())
process.send?.('ready')
for (;;) {
  const { count } = await store.update((/** @type {{ count: number } | undefined} */ current) => {
    const count = (current?.count ?? 0) + 1
    return { count, filler: String(count).repeat(4000), end: count }
  })
  process.send?.(count)
}
