// Prevents the mistake of a release that installs and does not work: apps that send one authenticated request to a
// server of their own, and exit with 1 unless its response is 200.

/** @typedef {{ packages: string[], provider: string, credential: string }} Sample `credential`: a condition */

/** @type {Record<'bearer' | 'api-key' | 'sigv4', Sample>} */
export const samples = {
  bearer: {
    packages: ['bearer', 'core', 'fetch'],
    provider: `import { bearerAuth } from '@outbound-auth/bearer'
const auth = bearerAuth({ token: async () => 'secret-1' })`,
    credential: "request.headers.authorization === 'Bearer secret-1'",
  },
  'api-key': {
    packages: ['api-key', 'core', 'fetch'],
    provider: `import { apiKeyAuth } from '@outbound-auth/api-key'
const auth = apiKeyAuth({ key: 'secret-1', header: 'x-api-key' })`,
    credential: "request.headers['x-api-key'] === 'secret-1'",
  },
  sigv4: {
    packages: ['core', 'fetch', 'sigv4'],
    provider: `import { sigV4Auth } from '@outbound-auth/sigv4'
const credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-1' })
const auth = sigV4Auth({ service: 's3', region: 'us-east-1', credentials })`,
    credential: '/^AWS4-HMAC-SHA256 .+, Signature=[0-9a-f]{64}$/.test(String(request.headers.authorization))',
  },
}

/**
 * The program of an app; it is JavaScript and TypeScript.
 *
 * @param {Sample} sample
 * @param {string} [more] lines at its end
 */
export function program({ provider, credential }, more = '') {
  return `import { createServer } from 'node:http'
import { once } from 'node:events'
import { authFetch } from '@outbound-auth/fetch'
${provider}

const server = createServer((request, response) => {
  response.statusCode = ${credential} ? 200 : 401
  response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const origin = 'http://127.0.0.1:' + (typeof address === 'object' ? address?.port : '')
const { status } = await authFetch(auth, { allowedOrigins: [origin] })(origin)
server.close()
if (status !== 200) throw new Error('The server answered ' + status)
${more}console.log('authenticated')
`
}
