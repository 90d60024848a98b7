import { readFileSync } from 'node:fs'

/** The certificate of `localhost` and its key, which `scripts/test-recipes.mjs` made, and which this process trusts. */
export function certificate(): { readonly cert: string; readonly key: string } {
  const path = process.env['NODE_EXTRA_CA_CERTS']
  if (path === undefined) throw new Error('Run the recipes by `pnpm test:recipes`, which makes a certificate')
  return {
    cert: readFileSync(path, 'utf8'),
    key: readFileSync(path.replace(/cert\.pem$/, 'key.pem'), 'utf8'),
  }
}
