import { resolve } from 'node:path'
import { type FileLimit, readBoundedFile } from '@outbound-auth/core/command'
import { isLoopback } from '@outbound-auth/core/provider'
import type { Fetch } from '@outbound-auth/fetch'
import { usageError } from '../lib/command-error.js'
import type { NetworkOptions, ProxyVariables } from './proxy-variables.js'

const certificateLimit: FileLimit = { maxBytes: 2 ** 24, content: 'certificates' }

/**
 * Opens the fetch of undici with the proxies and certificates.
 *
 * @throws CommandError `ERR_CLI_USAGE`
 */
export async function openFetch(
  options: NetworkOptions,
  { http, https, noProxy }: ProxyVariables,
): Promise<Fetch> {
  const { Agent, EnvHttpProxyAgent, fetch } = await import('undici')
  const connect = await readTls(options)
  const direct = new Agent({ connect })
  const proxied = () => {
    try {
      return new EnvHttpProxyAgent({
        httpProxy: http?.url ?? '',
        httpsProxy: https?.url ?? '',
        noProxy,
        connect,
        requestTls: connect,
      })
    } catch {
      // The value may hold a password.
      const names = [https?.name, http?.name].filter((name) => name !== undefined).join(' and ')
      throw usageError(`${names} must be a URL such as http://proxy.example.com:8080: correct or unset it`)
    }
  }
  let byProxy: InstanceType<typeof EnvHttpProxyAgent> | undefined
  return async (input, init) => {
    const { hostname } = new URL(String(input))
    // A request to this machine may be plain http, which no proxy may read.
    const isDirect = isLoopback(hostname) || (!http && !https)
    if (!isDirect) byProxy ??= proxied()
    const dispatcher = isDirect ? direct : byProxy
    const sent = fetch(String(input), { ...(init as object), ...(dispatcher && { dispatcher }) })
    return (await sent) as unknown as Response
  }
}

async function readTls({ cacert, insecure, cwd }: NetworkOptions) {
  if (cacert === undefined) return { rejectUnauthorized: !insecure }
  const file = await readBoundedFile(resolve(cwd, cacert), { limit: certificateLimit, acceptsPipe: true })
  if (file.problem !== undefined) {
    throw usageError(
      `Cannot read ${cacert}: ${file.code ?? `it ${file.problem}`}. Check the path of --cacert`,
    )
  }
  const ca = new TextDecoder().decode(file.bytes)
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw usageError(
      `${cacert} holds no certificate: --cacert takes a PEM file (-----BEGIN CERTIFICATE-----)`,
    )
  }
  return { ca, rejectUnauthorized: !insecure }
}
