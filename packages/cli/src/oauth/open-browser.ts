import { spawn } from 'node:child_process'

/**
 * Opens a page in the user's browser. The page is shown anyway, so a machine without a browser is no error.
 *
 * No shell is involved, so a character of the URL has no meaning.
 */
export function openBrowser(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const openers: Readonly<Record<string, readonly string[]>> = {
    darwin: ['open'],
    win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  }
  const [program = 'xdg-open', ...words] = openers[process.platform] ?? []
  try {
    const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true, env: { ...env } })
    child.on('error', () => {})
    child.unref()
  } catch {
    // The user opens the page by hand.
  }
}
