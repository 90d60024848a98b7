import { signatures, timings } from './runtime-check.mjs'
import { oauthStatuses } from './runtime-oauth.mjs'

const oauth = await oauthStatuses(process.argv.at(-1) ?? '').catch((error) => String(error))
console.log(JSON.stringify({ signatures: await signatures(), oauth, timings: await timings() }))
