// Prevents the mistake of editing docs/errors.md by hand: writes it from the READMEs of the packages.
import { writeFileSync } from 'node:fs'
import { createErrorTable } from './error-table.mjs'
import { root } from './workspace.mjs'

writeFileSync(`${root}/docs/errors.md`, createErrorTable())
console.log('Wrote docs/errors.md')
