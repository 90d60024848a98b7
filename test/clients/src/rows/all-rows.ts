import type { Row } from '../row.js'
import { aiRows } from './ai-rows.js'
import { anthropicRows } from './anthropic-rows.js'
import { cloudRows } from './cloud-rows.js'
import { fetchRows } from './fetch-rows.js'
import { grpcRows } from './grpc-rows.js'
import { handRows } from './hand-rows.js'
import { httpRows } from './http-rows.js'
import { openaiRows } from './openai-rows.js'
import { serviceRows } from './service-rows.js'
import { socketRows } from './socket-rows.js'
import { undiciRows } from './undici-rows.js'

/** Every row of the table, in its order. */
export const allRows: readonly Row[] = [
  ...fetchRows,
  ...undiciRows,
  ...httpRows,
  ...handRows,
  ...grpcRows,
  ...socketRows,
  ...openaiRows,
  ...anthropicRows,
  ...aiRows,
  ...serviceRows,
  ...cloudRows,
]
