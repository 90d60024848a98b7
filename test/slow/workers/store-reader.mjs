// Reads a shared document as fast as it can, and says at the end how often, and whether it ever was not whole.
import { readFile } from 'node:fs/promises'

const path = process.argv[2] ?? ''
let [reads, torn, isOver] = [0, 0, false]
process.on('message', () => {
  isOver = true
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
while (!isOver) {
  reads += 1
  try {
    const { count, filler, end } = JSON.parse(await readFile(path, 'utf8'))
    if (count !== end || filler !== String(count).repeat(4000)) torn += 1
  } catch {
    torn += 1
  }
  if (reads % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
}
process.send?.({ reads, torn })
