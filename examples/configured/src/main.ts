import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { createResolver } from '@outbound-auth/resolver'
import { startService } from './start-service.js'

// The variables of a deployment. SPEECH_KEY is forgotten, and IMAGES_TENANT is optional.
Object.assign(process.env, { CHAT_TOKEN: 'secret-1', IMAGES_KEY: 'secret-2', IMAGES_PROJECT: 'p-7' })
delete process.env['SPEECH_KEY']
delete process.env['IMAGES_TENANT']

const service = await startService()
const text = await readFile(new URL('../auth.json', import.meta.url), 'utf8')
const definitions: Record<string, object> = JSON.parse(text)

// One resolver for the life of the app. The file can name the kinds that are passed here, and no others.
const resolver = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth })

/** Sends a request to one of the services in the file. */
async function request(name: string): Promise<string> {
  // A real file holds `baseUrl`, too; the port of this service was not known.
  const baseUrl = `${service.origin}/${name}`
  const auth = await resolver.resolveUnknown({ ...definitions[name], baseUrl })
  // The result brings its allowed origins and its static headers, so nothing else has to be passed.
  const response = await authFetch(auth)(`${baseUrl}/models`)
  return `${response.status}, ${auth.reason}`.replace(service.origin, 'the service')
}

const chat = await request('chat')
assert.match(chat, /^200, bearer .+ CHAT_TOKEN/)
console.log(`chat: ${chat}`)

const images = await request('images')
assert.match(images, /^200, api-key .+ IMAGES_KEY/)
console.log(`images: ${images}`)

const missing: unknown = await request('speech').catch((error: unknown) => error)
assert(AuthError.is(missing))
assert.deepEqual([missing.code, missing.retryable], ['ERR_AUTH_MISSING_ENV', false])
console.log(`speech: ${missing.code}, ${missing.message}`)

process.env['SPEECH_KEY'] = 'secret-3'
const speech = await request('speech')
assert.match(speech, /^200, api-key .+ SPEECH_KEY/)
console.log(`speech: ${speech}`)

service.close()
