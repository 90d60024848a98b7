import type { HeaderMapInit } from '@outbound-auth/core'
import { eachHeader } from '@outbound-auth/core/provider'
import type { SignedHeaders } from '../options/signing-options.js'

/** @internal The headers of the caller, without those of an earlier signature. */
export interface CollectedHeaders {
  /** The headers to send, by lower-case name. */
  readonly sent: Record<string, string>
  /** The names to sign, in any order. */
  readonly signed: string[]
}

/** Headers that `all` does not sign, because a signed header that changes after signing breaks requests at random. */
const neverSigned: readonly RegExp[] = [
  // Headers of one connection.
  /^(connection|expect|keep-alive|max-forwards|proxy-.*|te|trailer|transfer-encoding|upgrade|via)$/,
  // Headers that runtimes set, or that proxies and load balancers rewrite.
  /^(accept-encoding|authorization|cache-control|forwarded|from|pragma|referer|sec-.*|user-agent|x-forwarded-.*)$/,
  // Headers of tracing agents, which set them after signing, and change them at each hop.
  /^(b3|baggage|correlation-context|elastic-apm-traceparent|newrelic|sentry-trace|trace(parent|response|state))$/,
  /^(uber(ctx-.*|-trace-id)|x-(amzn-trace-id|b3-.*|cloud-trace-context|datadog-.*|ot-span-context|request-id))$/,
]

/** The headers of a signature. Headers of an earlier attempt are removed. */
const signatureHeaders: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'authorization',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-s3session-token',
])

/** @internal */
export function collectHeaders(
  init: HeaderMapInit | undefined,
  policy: SignedHeaders = 'minimal',
  dropsUnderscores = false,
): CollectedHeaders {
  const sent: Record<string, string> = Object.create(null)
  const signed: string[] = []
  if (init === undefined) return { sent, signed }
  const more = typeof policy === 'string' ? undefined : policy.map((name) => name.toLowerCase())
  eachHeader('Cannot sign request', init, (given, value) => {
    const name = given.toLowerCase()
    if (signatureHeaders.has(name) || (dropsUnderscores && name.includes('_'))) return
    const earlier = sent[name]
    sent[name] = earlier === undefined ? value : `${earlier},${value}`
    if (earlier === undefined && isSigned(name, policy, more)) signed.push(name)
  })
  return { sent, signed }
}

function isSigned(name: string, policy: SignedHeaders, more: readonly string[] | undefined): boolean {
  if (policy === 'all') return !neverSigned.some((pattern) => pattern.test(name))
  if (name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5') return true
  return more?.includes(name) ?? false
}

/** @internal A value as it is signed: trimmed, with each run of ASCII whitespace as one space. */
export function canonicalValue(value: string): string {
  return /^ | $| {2}|[\t-\r]/.test(value) ? value.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '') : value
}
