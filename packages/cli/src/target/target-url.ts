import { usageError } from '../lib/command-error.js'

/** Whether the argument is a URL; anything without `://` is a path. */
export function isUrl(target: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(target)
}

/** Checks a URL of the command line. @throws CommandError `ERR_CLI_USAGE` */
export function parseUrl(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw usageError('Not a URL that begins with http:// or https://')
  if (url.username || url.password) {
    throw usageError('A URL holds no user name or password here: the provider brings the credential')
  }
  return url
}

/**
 * Rejects a path that was meant as a URL, and a path whose dot segments lead out of the base URL.
 *
 * @throws CommandError `ERR_CLI_USAGE`
 */
export function checkPath(path: string): void {
  if (/^[\w.-]+:\d+(\/|$)/.test(path)) {
    throw usageError(`${path.split('/', 1)[0]} looks like a host: begin a URL with http:// or https://`)
  }
  if (leavesBase(path)) {
    throw usageError('The path leaves the base URL by its dot segments: write the whole URL instead')
  }
}

/** Whether a path leads above its base URL: as it is, or after a server has decoded its slashes. */
function leavesBase(path: string): boolean {
  const decoded = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
  // Two bases, because a path may leave one and come back to it by its name.
  const bases = ['http://localhost/a', 'http://localhost/b']
  return bases.some((base) => [path, decoded].some((way) => !joinUrl(base, way).startsWith(`${base}/`)))
}

/** Appends a path to a base URL with exactly one slash between them. The origin is always the base URL's. */
export function joinUrl(baseUrl: string, path: string): string {
  return new URL(`${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`).href
}
