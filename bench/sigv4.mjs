// AWS Signature Version 4: ours and its peers against the bare primitives that any signer has to run.
import { createHmac, createSecretKey, hash } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { canonicalRequest, signRequest, sigV4Auth, stringToSign } from '@outbound-auth/sigv4'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import aws4 from 'aws4'
import { AwsV4Signer } from 'aws4fetch'
import { measure, printTable } from './measure.mjs'

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const service = 'execute-api'
const region = 'us-east-1'
const host = 'example.amazonaws.com'

const headers20 = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [`x-amz-meta-h${index}`, `value ${index}`]),
)
const query20 = Array.from({ length: 20 }, (_, index) => `p${index}=v${7 * index}`).join('&')

/**
 * @type {{ name: string, method: string, path: string, headers?: Record<string, string>, body?: string |
 * Buffer<ArrayBuffer>, isCold?: boolean }[]}
 */
const cases = [
  { name: 'GET, no body', method: 'GET', path: '/' },
  { name: 'POST 1 KiB', method: 'POST', path: '/', body: 'x'.repeat(1024) },
  { name: 'POST 64 KiB', method: 'POST', path: '/', body: 'x'.repeat(65536) },
  { name: 'POST 1 MiB', method: 'POST', path: '/', body: Buffer.alloc(1 << 20, 'x') },
  { name: '20 headers + 20 query', method: 'GET', path: `/?${query20}`, headers: headers20 },
  { name: 'GET, cold key', method: 'GET', path: '/', isCold: true },
]

/** @param {typeof cases[number]} testCase */
function contenders({ method, path, headers = {}, body, isCold = false }) {
  const url = `https://${host}${path}`
  const options = () => ({ service, region, credentials: isCold ? { ...credentials } : credentials })
  const request = { method, url, headers, body }
  const canonical = canonicalRequest(request, options())
  const toSign = stringToSign(request, options())
  const [, dateTime = ''] = toSign.split('\n')
  const key = createSecretKey(derive(dateTime.slice(0, 8)))
  const provider = sigV4Auth({ service, region, credentials })
  const smithy = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false })
  const map = createHeaderMap(headers)
  let colds = 0
  const peerCredentials = () =>
    isCold ? { ...credentials, secretAccessKey: `${credentials.secretAccessKey}${colds++}` } : credentials
  return {
    floor() {
      if (body !== undefined) hash('sha256', body, 'hex')
      hash('sha256', canonical, 'hex')
      const hmac = isCold ? derive(dateTime.slice(0, 8)) : key
      return createHmac('sha256', hmac).update(toSign).digest('hex')
    },
    signRequest: () => signRequest({ method, url, headers, body }, options()),
    // An adapter has its header map already; signing again replaces what is in it.
    applyAuth: () => applyAuth(provider, { method, url, headers: map, body }),
    aws4: () =>
      aws4.sign({ host, method, path, service, region, headers: { ...headers }, body }, peerCredentials()),
    smithy: () =>
      smithy.sign(
        new HttpRequest({
          method,
          hostname: host,
          protocol: 'https:',
          ...splitPath(path),
          headers: { host, ...headers },
          body,
        }),
      ),
    aws4fetch: () =>
      new AwsV4Signer({
        ...peerCredentials(),
        method,
        url,
        headers,
        body: body ?? null,
        service,
        region,
      }).sign(),
  }
}

/** @param {string} date */
function derive(date) {
  let key = createHmac('sha256', `AWS4${credentials.secretAccessKey}`).update(date).digest()
  for (const part of [region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  return key
}

/** @param {string} path */
function splitPath(path) {
  const { pathname, searchParams } = new URL(path, 'https://host')
  return { path: pathname, query: Object.fromEntries(searchParams) }
}

const quick = process.argv.includes('--quick')
/** @type {(string | number)[][]} */
const rows = [
  [
    'case',
    'floor µs',
    'signRequest',
    'x floor',
    'x aws4',
    'applyAuth',
    'x signRequest',
    'aws4',
    'smithy',
    'aws4fetch',
  ],
]
for (const testCase of cases) {
  const m = await measure(contenders(testCase), quick ? { rounds: 5, roundMs: 15 } : {})
  const {
    floor = 0,
    signRequest: ours = 0,
    applyAuth: applied = 0,
    aws4: peer = 0,
    smithy = 0,
    aws4fetch = 0,
  } = m
  const cold = testCase.isCold
  rows.push([
    testCase.name,
    floor,
    ours,
    ours / floor,
    ours / peer,
    cold ? '-' : applied,
    cold ? '-' : applied / ours,
    peer,
    cold ? '-' : smithy,
    aws4fetch,
  ])
}
console.log(`AWS Signature Version 4 on Node ${process.version}: CPU microseconds of one signature, medians`)
printTable(rows)
