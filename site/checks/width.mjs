// Prevents the mistake of a page that has to be pushed sideways on a phone: opens each page 390 pixels wide in
// Chromium and measures it. The pages are static here, as they are before any script has run.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { siteAddress } from '../build/markdown.mjs'

const base = new URL(siteAddress).pathname
const types = { '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }
const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The first browser that is installed. @returns {string | undefined} */
export function findBrowser() {
  const candidates = [process.env['CHROME_BIN'], ...browsers].filter((name) => name !== undefined)
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}

/**
 * Tries a few times, because a browser on a busy machine may end by itself.
 *
 * @param {string} dist the built site
 * @param {string} browser
 * @returns {Promise<{ pages: number, problems: string[] }>}
 */
export async function checkWidth(dist, browser) {
  const pages = readdirSync(dist, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html') && file !== '404.html')
  const { server, address, measured } = await serve(dist, pages)
  try {
    const widths = await openBrowser(browser, `${address}/measure`, measured)
    const wide = widths.filter(([, width]) => width > 390)
    return {
      pages: widths.length,
      problems: wide.map(([page, width, widest]) => `${page} is ${width} pixels wide at 390: ${widest}`),
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/**
 * @template T
 * @param {string} browser
 * @param {string} address
 * @param {Promise<T>} finished
 * @param {number} [tries]
 * @returns {Promise<T>}
 */
async function openBrowser(browser, address, finished, tries = 3) {
  const profile = mkdtempSync(join(tmpdir(), 'site-width-'))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    '--window-size=1600,1200',
    '--remote-debugging-port=0',
  ]
  // A group of its own: the browser's helpers would write into the profile after its end.
  const child = spawn(browser, [...flags, address], { stdio: 'ignore', detached: true })
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`code ${code ?? signal}`))
  })
  const result = await Promise.race([finished.then((value) => ({ value })), ended])
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {} // it has ended
  }
  await ended
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
  } catch {} // a folder of the system's own place for them stays
  if (typeof result === 'object') return result.value
  const message = `${browser} ended with ${result} before it had measured all pages`
  if (tries === 1) throw new Error(message)
  console.log(`${message}; it is started again`)
  return openBrowser(browser, address, finished, tries - 1)
}

async function serve(dist, pages) {
  let finish = (/** @type {[string, number, string][]} */ _) => {}
  /** @type {Promise<[string, number, string][]>} */
  const measured = new Promise((resolve) => {
    finish = resolve
  })
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://site')
    if (request.method === 'POST') {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end()
      return finish(JSON.parse(body))
    }
    if (pathname === '/measure')
      return response.setHeader('content-type', 'text/html').end(measurePage(pages))
    try {
      const body = readFileSync(join(dist, decodeURIComponent(pathname).slice(base.length)))
      const isPage = extname(pathname) === '.html'
      response.setHeader('content-type', types[extname(pathname)] ?? 'application/octet-stream')
      if (!isPage) response.setHeader('cache-control', 'max-age=3600')
      // Scripts do not run here, so nothing is loaded for them.
      response.end(
        isPage
          ? String(body).replace(/<link rel="modulepreload"[^>]*>|<script[\s\S]*?<\/script>/g, '')
          : body,
      )
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  return { server, measured, address: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

/** A page that opens all others in frames as wide as a phone. */
function measurePage(pages) {
  const measure = async (base, pages) => {
    const results = []
    const next = async () => {
      for (let page = pages.pop(); page; page = pages.pop()) {
        const frame = document.createElement('iframe')
        frame.sandbox = 'allow-same-origin'
        frame.style = 'width:390px;height:844px;border:0'
        frame.src = base + page
        document.body.append(frame)
        await new Promise((loaded) => frame.addEventListener('load', loaded))
        const { documentElement, body } = frame.contentDocument
        const width = Math.max(documentElement.scrollWidth, body.scrollWidth)
        const elements = width > 390 ? [...body.querySelectorAll('*')] : []
        const widest = elements.find(
          (each) =>
            each.getBoundingClientRect().right > 390.5 && !each.closest('.table, pre, .VPSidebar, .VPNavBar'),
        )
        results.push([page, width, widest?.outerHTML.slice(0, 120) ?? ''])
        frame.remove()
      }
    }
    await Promise.all([next(), next(), next(), next()])
    await fetch('/measured', { method: 'POST', body: JSON.stringify(results) })
  }
  return `<!doctype html><body><script>(${measure})(${JSON.stringify(base)}, ${JSON.stringify(pages)})</script>`
}
