export type { CommandIo } from './lib/command-io.js'
export { run } from './run.js'
