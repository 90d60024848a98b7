import { signatures, timings } from './runtime-check.js'

console.log(JSON.stringify({ signatures: await signatures(), timings: await timings() }))
