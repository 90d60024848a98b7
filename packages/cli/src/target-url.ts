import { usageError } from './command-error.js'

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

/** Refuses a path that was surely meant as a URL. @throws CommandError `ERR_CLI_USAGE` */
export function checkPath(path: string): void {
  if (/^[\w.-]+:\d+(\/|$)/.test(path)) {
    throw usageError(`${path.split('/', 1)[0]} looks like a host: begin a URL with http:// or https://`)
  }
}

/** Appends a path to a base URL with exactly one slash between them. The origin is always the base URL's. */
export function joinUrl(baseUrl: string, path: string): string {
  return new URL(`${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`).href
}
