import type { ResolvedAuth } from '@outbound-auth/resolver'
import { CommandError } from '../lib/command-error.js'
import { statusOf } from './send-request.js'

const remedies: Readonly<Record<number, string>> = {
  401: 'The server rejected the credential: see outbound-auth doctor, and whether it has expired or belongs to another account',
  403: 'The server knows the credential, and it may not do this: check its rights, project and region',
  404: 'Check the path, and the base_url that it was appended to',
  405: 'Check the method: -X METHOD',
  407: 'The proxy wants a user name and password: write them into HTTPS_PROXY',
  413: 'Send a smaller body',
  415: "Name the type of the body: -H 'content-type: …'",
  429: 'Wait before you try again; the response may say how long (-i)',
}

/** The error of a response whose status is 400 or more. */
export function responseError(
  response: Response,
  {
    request,
    label,
    resolved,
  }: { readonly request: string; readonly label: string; readonly resolved: ResolvedAuth },
): CommandError {
  const { status } = response
  const general =
    status >= 500 ? 'The server failed: try again later' : 'See the body, which says what the server misses'
  return new CommandError(
    `${request} was answered with ${statusOf(response)}; sent with ${label}: ${resolved.reason}. ${remedies[status] ?? general}`,
    { class: 'http', code: 'ERR_CLI_HTTP_STATUS', kind: 'http' },
  )
}
