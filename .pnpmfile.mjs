// Prevents two mistakes: publishing conditions and scripts that only work in this workspace, and a warning that the
// reader of an install cannot act on.

/**
 * Without this, Node 20 warns about undici 8, which only tests use, and only on Node 22.19 or newer.
 *
 * @param {{ name: string, version: string, engines?: object }} manifest
 */
function readPackage({ engines, ...manifest }) {
  const isForTests = manifest.name === 'undici' && manifest.version.startsWith('8.')
  return isForTests || !engines ? manifest : { ...manifest, engines }
}

/** @typedef {Record<string, Record<string, unknown>>} Targets of `exports` or `imports` */

/**
 * Makes the manifest of a tarball, for `pnpm pack` and `pnpm publish`. scripts/check-pack/pack-all.mjs checks it.
 *
 * @param {{ exports: Targets, imports?: Targets, scripts?: object, devDependencies?: object }} manifest
 */
function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...published }) {
  const { exports, imports } = published
  return {
    ...published,
    exports: withoutSources(exports),
    ...(imports && { imports: withoutSources(imports) }),
  }
}

/** @param {Targets} targets */
function withoutSources(targets) {
  const published = Object.entries(targets).map(([name, { '@outbound-auth/source': _, ...target }]) => [
    name,
    target,
  ])
  return Object.fromEntries(published)
}

export const hooks = { readPackage, beforePacking }
