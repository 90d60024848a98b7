export { AuthError } from '@outbound-auth/core'
export { type FileStoreOptions, fileStore } from './file-store.js'
export type { StoreFileHandle, StoreFileStats, StoreFileSystem } from './system/store-file-system.js'
