// Times the part of authentication in a request of undici: a dispatch that does nothing, and loopback. CPU
// microseconds.
import { createServer } from 'node:http'
import { bearerAuth } from '@outbound-auth/bearer'
import { authInterceptor } from '@outbound-auth/undici'
import { Agent } from 'undici'
import { measure, printTable } from './measure.mjs'

const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi'.repeat(100) }] })
const token = 'token'.repeat(20)
const hour = 3_600_000

/** @param {string} origin */
function optionsFor(origin) {
  return {
    origin,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'bench' },
    body,
  }
}

/**
 * An interceptor as applications write it by hand: check the origin, copy the headers, set one.
 * @param {string} allowed
 * @returns {import('undici').Dispatcher.DispatcherComposeInterceptor}
 */
function handWritten(allowed) {
  return (dispatch) => (opts, handler) => {
    if (new URL(String(opts.origin)).origin !== allowed) throw new Error('not there')
    const headers = {
      .../** @type {Record<string, string>} */ (opts.headers),
      authorization: `Bearer ${token}`,
    }
    return dispatch({ ...opts, headers }, handler)
  }
}

/** @param {string} origin */
async function interceptorsFor(origin) {
  const cached = bearerAuth({ token: async () => ({ token, expiresAt: new Date(Date.now() + hour) }) })
  await cached.applyAuth?.({ method: 'GET', url: origin, headers: /** @type {never} */ (new Headers()) })
  const options = { allowedOrigins: [origin] }
  return {
    'hand-written': handWritten(origin),
    literal: authInterceptor(bearerAuth({ token }), options),
    'cached supplier': authInterceptor(cached, options),
  }
}

/** Runs the whole life of a request within the call. @type {import('undici').Dispatcher.Dispatch} */
const stub = (_, handler) => {
  handler.onRequestStart?.(controller, {})
  handler.onResponseStart?.(controller, 200, { 'content-type': 'application/json' }, 'OK')
  handler.onResponseData?.(controller, chunk)
  handler.onResponseEnd?.(controller, {})
  return true
}
const chunk = Buffer.from('{}')
/** @type {import('undici').Dispatcher.DispatchController} */
const controller = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} }
const ignore = {
  onRequestStart() {},
  onResponseStart() {},
  onResponseData() {},
  onResponseEnd() {},
  onResponseError() {},
}

async function stubbed() {
  const origin = 'https://api.example.com'
  const options = optionsFor(origin)
  /** @type {Record<string, () => unknown>} */
  const contenders = { raw: () => stub({ ...options }, ignore) }
  for (const [name, interceptor] of Object.entries(await interceptorsFor(origin))) {
    const dispatch = interceptor(stub)
    contenders[name] = () => dispatch({ ...options }, ignore)
  }
  // Many short rounds: literal and cached differ by less than a busy machine's rounds do.
  return measure(contenders, { rounds: 301, roundMs: 5 })
}

async function overLoopback() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  const origin = `http://127.0.0.1:${address.port}`
  const options = optionsFor(origin)
  const agent = new Agent()
  /** @param {import('undici').Dispatcher} dispatcher */
  const post = (dispatcher) => async () => (await dispatcher.request({ ...options })).body.text()
  /** @type {Record<string, () => unknown>} */
  const contenders = { raw: post(agent) }
  for (const [name, interceptor] of Object.entries(await interceptorsFor(origin)))
    contenders[name] = post(agent.compose(interceptor))
  const medians = await measure(contenders, { rounds: 31 })
  await agent.destroy()
  server.close()
  return medians
}

const rows = []
for (const [name, medians] of [
  ['dispatch without the network', await stubbed()],
  ['request() over loopback', await overLoopback()],
]) {
  const { raw = 0, 'hand-written': hand = 0, literal = 0, 'cached supplier': cached = 0 } = medians
  rows.push([name, raw, hand, literal, cached, cached / literal])
}
printTable([['per POST', 'raw', 'hand-written', 'literal', 'cached supplier', 'cached / literal'], ...rows])
