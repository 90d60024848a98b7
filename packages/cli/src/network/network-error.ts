import { CommandError } from '../lib/command-error.js'
import { plainReason } from './plain-reason.js'

/** The circumstances of a failed request. */
export interface FailedRequest {
  /** Begins the message: `Cannot reach https://api.example.com`. */
  readonly problem: string
  /** The variable whose proxy the request went through. */
  readonly proxy?: string | undefined
  /** The texts that the request held. Without it no reason of a foreign error is shown. */
  readonly sent?: readonly string[] | undefined
}

const untrusted =
  "the server's certificate is signed by an authority that is not trusted. Give the authority's certificate with --cacert FILE or NODE_EXTRA_CA_CERTS=FILE"
const slow = 'nothing came in time. Check host, port and firewall, and whether the network needs HTTPS_PROXY'
const broken = 'the server closed the connection. Try again; if it stays so, check the URL and the port'

/** Codes of Node, OpenSSL and undici in words, each with its remedy. */
const words: Readonly<Record<string, string>> = {
  ENOTFOUND:
    'DNS knows no such host. Check how it is written, and whether the network needs a VPN or HTTPS_PROXY',
  EAI_AGAIN: 'DNS does not respond. Check the network, and try again',
  ECONNREFUSED: 'nothing listens there. Start the server, or check host and port',
  ECONNRESET: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
  ETIMEDOUT: slow,
  UND_ERR_CONNECT_TIMEOUT: slow,
  UND_ERR_HEADERS_TIMEOUT: 'the server accepted the request and sent no response. Try again',
  UND_ERR_BODY_TIMEOUT: 'the response stopped. Try again',
  EHOSTUNREACH: 'there is no way to the host. Check the network and the VPN',
  ENETUNREACH: 'there is no way to the network. Check the network and the VPN',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED:
    "the server's certificate has expired. Check this machine's clock; else the server's operator must renew it",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet. Check this machine's clock",
  CERT_REVOKED: "the server's certificate is revoked. Tell the server's operator",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's certificate is for another name. Check the host in the URL, and who sits between",
  EPROTO: 'the server does not speak TLS there. Check the port; http:// is for this machine only',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'the server does not speak TLS there. Check the port; http:// is for this machine only',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'the server does not speak TLS there. Check the port; http:// is for this machine only',
}

const unknown = 'Check the URL and the network, and try again'
const unknownOfProxy =
  'the proxy rejected or closed the connection. Check its address, user name and password'

/**
 * A network error in words, with the remedy. The text of the foreign error is not shown, because it may quote the
 * request; without a code that is known, a reason of a few plain words is.
 */
export function networkError(error: unknown, { problem, proxy, sent }: FailedRequest): CommandError {
  // A mistake in a variable or option of the network has its remedy already.
  if (error instanceof CommandError) return error
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  const found = [cause?.code, code].find(
    (value) => typeof value === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(value),
  )
  const name = typeof found === 'string' ? found : 'ERR_CLI_NETWORK'
  const reason = found === undefined && sent ? plainReason(error, sent) : undefined
  const place = proxy === undefined ? problem : `${problem} through the proxy of ${proxy}`
  const general = proxy === undefined ? unknown : unknownOfProxy
  const told = words[name] ?? (reason === undefined ? general : `${reason}. ${unknown}`)
  const mark = told === unknown ? '.' : ':'
  const kind = /TIMEOUT|TIMEDOUT/.test(name) ? 'timeout' : 'network'
  return new CommandError(`${place}${mark} ${told}`, {
    class: 'network',
    code: name,
    kind,
  })
}
