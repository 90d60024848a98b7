// One of several processes that share a rotating token: sends a request each time it is told to, and says how that
// went.
import { built } from './built.mjs'

const [path = '', tokenEndpoint = '', api = ''] = process.argv.slice(2)
const [{ fileStore }, { bearerAuth, oauthRefresh, rotatingToken }, { authFetch }] = await Promise.all(
  ['file-store', 'bearer', 'fetch'].map((name) => built(name)),
)
const refresh = oauthRefresh({ tokenEndpoint, clientId: 'app' })
const auth = bearerAuth({ token: rotatingToken({ store: fileStore({ path }), refresh }) })
const fetch = authFetch(auth, { allowedOrigins: [new URL(api).origin] })

process.on('message', async () => {
  try {
    const response = await fetch(api)
    await response.text()
    process.send?.({ status: response.status, at: Date.now() })
  } catch (error) {
    process.send?.({ status: String(error), at: Date.now() })
  }
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
