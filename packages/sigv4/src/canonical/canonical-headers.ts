import type { HeaderMapInit } from '@outbound-auth/core'
import { eachHeader } from '@outbound-auth/core/provider'
import type { SignedHeaders } from '../options/signing-options.js'

/** @internal The caller's headers, without what an earlier signature left. */
export interface CollectedHeaders {
  /** By lower-case name, as they will be sent. */
  readonly sent: Record<string, string>
  /** Names to sign, in any order. */
  readonly signed: string[]
}

/** Hop-by-hop, set by runtimes, or rewritten by proxies and load balancers: signing one of these breaks requests at random. */
const neverSigned =
  /^(accept-encoding|authorization|cache-control|connection|expect|forwarded|from|keep-alive|max-forwards|pragma|proxy-.*|referer|sec-.*|te|trailer|transfer-encoding|upgrade|user-agent|via|x-forwarded-.*)$/

/** Set by tracing agents between the signer and the wire, and changed by each hop. */
const traceHeaders =
  /^(b3|baggage|correlation-context|elastic-apm-traceparent|newrelic|sentry-trace|trace(parent|response|state)|uber(ctx-.*|-trace-id)|x-(amzn-trace-id|b3-.*|cloud-trace-context|datadog-.*|ot-span-context|request-id))$/

/** @internal What signing sets; from an earlier attempt they would be doubled or stale. */
const ownHeaders: ReadonlySet<string> = /* @__PURE__ */ new Set([
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
    if (ownHeaders.has(name) || (dropsUnderscores && name.includes('_'))) return
    const earlier = sent[name]
    sent[name] = earlier === undefined ? value : `${earlier},${value}`
    if (earlier === undefined && isSigned(name, policy, more)) signed.push(name)
  })
  return { sent, signed }
}

function isSigned(name: string, policy: SignedHeaders, more: readonly string[] | undefined): boolean {
  if (policy === 'all') return !neverSigned.test(name) && !traceHeaders.test(name)
  if (name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5') return true
  return more?.includes(name) ?? false
}

/** @internal A value as it is signed: trimmed, runs of blanks (ASCII ones only) folded into one space. */
export function canonicalValue(value: string): string {
  return /^ | $| {2}|[\t-\r]/.test(value) ? value.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '') : value
}
