export { AuthError } from '@outbound-auth/core'
export { type FileStoreOptions, fileStore } from './file-store.js'
export type { StoreFileHandle, StoreFileStats, StoreFileSystem } from './store-file-system.js'
