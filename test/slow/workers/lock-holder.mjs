// Takes the lock and keeps it, until it is killed.
import { built } from './built.mjs'

const { fileStore } = await built('file-store')
setInterval(() => {}, 1000)
await fileStore({ path: process.argv[2] }).update(() => {
  process.send?.('ready')
  return new Promise(() => {})
})
