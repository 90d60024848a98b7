import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../../../scripts/workspace.mjs'

/** The command in one file, from the sources: child processes cannot read TypeScript. */
export async function bundleCommand(folder: string): Promise<string> {
  const outfile = join(folder, 'outbound-auth.mjs')
  await build({
    entryPoints: [join(root, 'packages/cli/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@outbound-auth/source'],
    external: ['@aws-sdk/*'],
  })
  return outfile
}
