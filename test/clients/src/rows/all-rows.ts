import type { Row } from '../row.js'
import { cloudRows } from './clouds/cloud-rows.js'
import { controlRows } from './controls/control-rows.js'
import { fetchRows } from './http/fetch-rows.js'
import { grpcRows } from './http/grpc-rows.js'
import { handRows } from './http/hand-rows.js'
import { httpRows } from './http/http-rows.js'
import { undiciRows } from './http/undici-rows.js'
import { aiRows } from './models/ai-rows.js'
import { anthropicRows } from './models/anthropic-rows.js'
import { openaiRows } from './models/openai-rows.js'
import { serviceRows } from './models/service-rows.js'
import { realtimeRows } from './sockets/realtime-rows.js'
import { socketRows } from './sockets/socket-rows.js'

/** Every row of the table, in its order. */
export const allRows: readonly Row[] = [
  ...fetchRows,
  ...undiciRows,
  ...httpRows,
  ...handRows,
  ...grpcRows,
  ...socketRows,
  ...realtimeRows,
  ...openaiRows,
  ...anthropicRows,
  ...aiRows,
  ...serviceRows,
  ...cloudRows,
  ...controlRows,
]
