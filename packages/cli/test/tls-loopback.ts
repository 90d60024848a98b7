import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { folder } from './loopback.js'

/** Whether this machine can make a certificate. */
export const hasOpenssl: boolean = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Makes a key and a certificate for `localhost`, which nobody knows. The files are removed with the test. */
export function makeCertificate(): { readonly key: string; readonly certificate: string } {
  const path = folder()
  const [key, cert] = [join(path, 'key.pem'), join(path, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { key, certificate: cert }
}

/** Starts a TLS server with a certificate of its own for `localhost` that ends with the test. */
export async function tlsLoopback(): Promise<{
  readonly origin: string
  readonly certificate: string
  readonly seen: IncomingMessage['headers'][]
}> {
  const { key, certificate: cert } = makeCertificate()
  const seen: IncomingMessage['headers'][] = []
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    seen.push(request.headers)
    response.setHeader('content-type', 'application/json').end('{"ok":true}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `https://localhost:${(server.address() as AddressInfo).port}`, certificate: cert, seen }
}
