export type { CommandIo } from './context/command-io.js'
export { run } from './run.js'
