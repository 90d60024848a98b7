import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { reachedDeclarations } from '../../scripts/finish-build/reached-declarations.mjs'

it('reachedDeclarations() follows imports, exports and import types, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'declarations '))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = {
    'index.d.ts': "import type { A } from './a.js';\nexport { B } from './b.js';\nexport type X = A;\n",
    'a.d.ts': "export type A = import('./c.js').C;\n",
    'b.d.ts': "import 'elsewhere';\nexport * from './d.js';\n",
    'c.d.ts': "/** import './e.js' */\nexport interface C {}\n",
    'd.d.ts': "import type { C } from './c.js';\nexport type B = C;\n",
    'e.d.ts': 'export {};\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const reached = reachedDeclarations([join(folder, 'index.d.ts')])
  expect(Array.from(reached, (file) => basename(file)).sort()).toEqual(
    ['a', 'b', 'c', 'd', 'index'].map((name) => `${name}.d.ts`),
  )
})
