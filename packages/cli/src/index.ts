export type { CommandIo } from './command-io.js'
export { run } from './run.js'
