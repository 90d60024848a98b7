export { type CheckSharedRecordOptions, checkSharedRecord } from './check-shared-record.js'
