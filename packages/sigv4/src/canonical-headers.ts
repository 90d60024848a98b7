import { eachHeader, type HeaderMapInit } from '@outbound-auth/core'
import type { SignedHeaders } from './signing-options.js'

/** @internal The caller's headers, without what an earlier signature left. */
export interface CollectedHeaders {
  /** By lower-case name, as they will be sent. */
  readonly sent: Record<string, string>
  /** Names to sign, in any order. */
  readonly signed: string[]
}

/** Hop-by-hop, set by runtimes, or rewritten by proxies and load balancers: signing one of these breaks requests at random. */
const neverSigned =
  /^(accept-encoding|authorization|cache-control|connection|expect|forwarded|from|keep-alive|max-forwards|pragma|proxy-.*|referer|sec-.*|te|trace(parent|state)|trailer|transfer-encoding|upgrade|user-agent|via|x-amzn-trace-id|x-forwarded-.*)$/

/** @internal What signing sets; from an earlier attempt they would be doubled or stale. */
const ownHeaders = /^(authorization|x-amz-(date|content-sha256|security-token|s3session-token))$/

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
    if (ownHeaders.test(name) || (dropsUnderscores && name.includes('_'))) return
    const earlier = sent[name]
    sent[name] = earlier === undefined ? value : `${earlier},${value}`
    if (earlier !== undefined) return
    if (policy === 'all' ? !neverSigned.test(name) : isMinimal(name) || more?.includes(name))
      signed.push(name)
  })
  return { sent, signed }
}

function isMinimal(name: string): boolean {
  return name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5'
}

/** @internal A value as it is signed: trimmed, runs of blanks (ASCII ones only) folded into one space. */
export function canonicalValue(value: string): string {
  return /^ | $| {2}|[\t-\r]/.test(value) ? value.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '') : value
}
