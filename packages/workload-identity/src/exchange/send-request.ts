import { askServer, type ServerResponse } from '@outbound-auth/core/provider'
import type { TimeLimit } from '../lib/time-limit.js'
import type { CheckedExchange } from '../options/check-workload.js'
import type { ExchangeFailures } from './exchange-failures.js'
import type { ServiceRequest } from './service-request.js'
import type { Subject } from './subject-reader.js'

/**
 * @internal Sends one request of an exchange, once.
 *
 * @param subject the token in the request; undefined in a step that sends none
 * @throws AuthError what `failures` makes
 */
export function sendRequest(
  { timeoutMs, fetch, now }: CheckedExchange,
  failures: ExchangeFailures,
  url: URL,
  request: ServiceRequest,
  { signal, leftMs, begin }: TimeLimit,
  subject?: Subject,
): Promise<ServerResponse> {
  // Nothing is sent for a caller that gave up meanwhile.
  if (signal.aborted) subject?.forget()
  const tooLate = () => failures.tooLate(url.origin, timeoutMs)
  begin(tooLate)
  return askServer({
    ...request,
    url,
    method: 'POST',
    timeoutMs: leftMs(),
    signal,
    fetch,
    now,
    unreachable: (cause) => failures.unreachable(url.origin, cause, subject),
    tooLate,
  })
}
