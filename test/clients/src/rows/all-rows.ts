import type { Row } from '../row.js'
import { fetchRows } from './fetch-rows.js'
import { undiciRows } from './undici-rows.js'

/** Every row of the table, in its order. */
export const allRows: readonly Row[] = [...fetchRows, ...undiciRows]
