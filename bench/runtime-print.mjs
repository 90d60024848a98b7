import { signatures, timings } from './runtime-check.mjs'

console.log(JSON.stringify({ signatures: await signatures(), timings: await timings() }))
