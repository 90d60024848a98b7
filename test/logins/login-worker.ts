// One process that refreshes a login, and is killed at the moment that its arguments name.
import * as nodeFs from 'node:fs/promises'
import { oauthRefresh, rotatingToken, type StoredToken } from '../../packages/bearer/src/index.js'
import { fileStore } from '../../packages/file-store/src/index.js'

const [path = '', tokenEndpoint = '', moment = ''] = process.argv.slice(2)
const dieAt = (name: string) => {
  if (name === moment) process.kill(process.pid, 'SIGKILL')
}

const fs = {
  ...nodeFs,
  async rename(from: string, to: string) {
    dieAt('while storing')
    await nodeFs.rename(from, to)
    dieAt('after storing')
  },
}
const ask = oauthRefresh({ tokenEndpoint, clientId: 'app' })
const source = rotatingToken({
  store: fileStore<StoredToken>({ path, fs }),
  async refresh(refreshToken, options) {
    dieAt('before the request')
    const answer = await ask(refreshToken, options)
    dieAt('before storing')
    return answer
  },
})
await source({ signal: new AbortController().signal, forceRefresh: false })
