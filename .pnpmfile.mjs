// Prevents the mistake of publishing conditions and scripts that only work in this workspace: `pnpm pack` and
// `pnpm publish` put a manifest without them into the tarball. scripts/check-pack/pack-all.mjs checks that manifest.

/** @param {{ exports: Record<string, Record<string, string>>, scripts?: object, devDependencies?: object }} manifest */
function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...published }) {
  const exports = Object.entries(published.exports).map(
    ([entry, { '@outbound-auth/source': _, ...target }]) => {
      return [entry, target]
    },
  )
  return { ...published, exports: Object.fromEntries(exports) }
}

export const hooks = { beforePacking }
