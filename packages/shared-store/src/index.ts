export type { SharedRecord, SharedRecordValue } from './record/shared-record.js'
export { type SharedStoreOptions, sharedStore } from './shared-store.js'
