export {
  documentLimit,
  type FileLimit,
  isPipe,
  notRegular,
  type ReadableHandle,
  readBounded,
  secretLimit,
  tooLarge,
} from './bounded-file.js'
export { commandLabel } from './command-label.js'
export type { CommandOptions } from './command-options.js'
export { type CommandTokenOptions, commandToken } from './command-token.js'
export { namesSecret } from './names-secret.js'
export {
  type BoundedFile,
  type BoundedFileOptions,
  givenDescriptor,
  readBoundedFile,
} from './read-bounded-file.js'
export { runCommand } from './run-command.js'
