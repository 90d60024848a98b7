// Prevents the mistake of a JSON schema that knows other keys than the parser: both are made of one table. Run it after
// a build; test/docs/schemas.test.ts compares the files.
import { writeFileSync } from 'node:fs'
import { configSchema } from '../packages/resolver/dist/config/index.js'

const text = `${JSON.stringify(configSchema(), null, 2)}\n`
for (const path of ['docs', 'packages/resolver/src/config']) {
  writeFileSync(new URL(`../${path}/outbound-auth.schema.json`, import.meta.url), text)
}
