import { createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'

/** @internal The headers of a response, as undici gives them to a handler. */
export type ResponseFields = Parameters<Required<Dispatcher.DispatchHandler>['onResponseStart']>[2]

/** @internal The headers of a response as a map; those that are repeated are joined. */
export function responseHeaders(fields: ResponseFields): HeaderMap {
  return createHeaderMap(
    Object.entries(fields).map(([name, value]) => [name, [value ?? ''].flat().join(', ')] as const),
  )
}
