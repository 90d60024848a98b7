import { usageError } from '../lib/command-error.js'

/** Whether the argument is a URL; anything without `://` is a path. */
export function isUrl(target: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(target)
}

/** Checks a URL of the command line. @throws CommandError `ERR_CLI_USAGE` */
export function parseUrl(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw usageError('Not a URL that begins with http:// or https://: correct it')
  if (url.username || url.password) {
    throw usageError('A URL holds no user name or password here: remove them, and use -u or a provider')
  }
  return url
}

/**
 * Rejects a path that was meant as a URL, and a path whose dot segments lead out of the base URL.
 *
 * @throws CommandError `ERR_CLI_USAGE`
 */
export function checkPath(path: string): void {
  if (path !== '' && path.trim() === '') throw usageError('The path is whitespace: write a URL or a path')
  if (/^[/\\]{2}/.test(path)) {
    throw usageError(`${firstWord(path)} has no scheme: did you forget https:// before it?`)
  }
  if (looksLikeHost(firstWord(path), path)) {
    const remedy = `write https://${firstWord(path)}…, or begin a path with a slash`
    throw usageError(`${firstWord(path)} looks like a host: did you forget https://? Then ${remedy}`)
  }
  if (leavesBase(path)) {
    throw usageError('The path leaves the base URL by its dot segments: write the whole URL instead')
  }
}

/** The path up to its second part, as far as it is harmless to show. */
function firstWord(path: string): string {
  return /^[/\\]*[^/\\?#\s]{0,80}/.exec(path)?.[0] ?? ''
}

/** Endings of host names that are no ending of a file or of a method such as `users.list`. */
const commonDomains = /\.(com|org|net|edu|gov|io|ai|dev|app|cloud|co|eu|uk|de|fr|jp|cn|internal|local|test)$/i

/**
 * Whether the first part of a path is the host of a URL whose scheme was forgotten. A method such as `chat.postMessage`
 * and a file such as `models.json` are paths; any path may begin with a slash.
 */
function looksLikeHost(word: string, path: string): boolean {
  if (/^([\w-]+\.)*[\w-]+:\d+$|^\[[\da-f:.]+\](:\d+)?$/i.test(word)) return true
  if (/^(localhost|\d+(\.\d+){3})$/i.test(word)) return true
  const isName = /^([a-z\d]([a-z\d-]*[a-z\d])?\.)+[a-z]{2,}$/.test(word)
  return isName && (commonDomains.test(word) || (path[word.length] === '/' && word.split('.').length > 2))
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
