// Prevents two mistakes: publishing conditions and scripts that only work in this workspace, and a warning that the reader
// of an install cannot act on.

/**
 * Without this, Node 20 warns about undici 8, which only tests use, and only on Node 22.19 or newer.
 *
 * @param {{ name: string, version: string, engines?: object }} manifest
 */
function readPackage({ engines, ...manifest }) {
  const isForTests = manifest.name === 'undici' && manifest.version.startsWith('8.')
  return isForTests || !engines ? manifest : { ...manifest, engines }
}

/**
 * Makes the manifest of a tarball, for `pnpm pack` and `pnpm publish`. scripts/check-pack/pack-all.mjs checks the result.
 *
 * @param {{ exports: Record<string, Record<string, string>>, scripts?: object, devDependencies?: object }} manifest
 */
function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...published }) {
  const exports = Object.entries(published.exports).map(
    ([entry, { '@outbound-auth/source': _, ...target }]) => {
      return [entry, target]
    },
  )
  return { ...published, exports: Object.fromEntries(exports) }
}

export const hooks = { readPackage, beforePacking }
