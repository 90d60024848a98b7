// Prevents two mistakes that a release cannot take back: users of `bearer ^1` who get core 2 in a patch, beside the
// core 1 of their adapter, and a first CHANGELOG whose only sentence is about other packages.

/** @typedef {'patch' | 'minor' | 'major'} Bump */
/** @typedef {{ file: string, name: string, bump: Bump }} Change one line of a changeset */
/** @typedef {Pick<import('./workspace.mjs').Manifest, 'name' | 'version' | 'dependencies'>} Released */

const contract = '@outbound-auth/core'
/** @type {readonly Bump[]} */
const order = ['patch', 'minor', 'major']

/**
 * The largest pending bump of each package.
 *
 * @param {readonly Change[]} changes
 * @returns {Map<string, Bump>}
 */
export function pendingBumps(changes) {
  /** @type {Map<string, Bump>} */
  const bumps = new Map()
  for (const { name, bump } of changes) {
    const earlier = bumps.get(name)
    if (!earlier || order.indexOf(bump) > order.indexOf(earlier)) bumps.set(name, bump)
  }
  return bumps
}

/**
 * A major of core needs a major of each dependent: their public types come from core, and Changesets would give them a
 * patch.
 *
 * @param {ReadonlyMap<string, Bump>} bumps
 * @param {readonly Released[]} manifests
 * @returns {string[]}
 */
export function majorProblems(bumps, manifests) {
  if (bumps.get(contract) !== 'major') return []
  const dependents = manifests.filter(({ dependencies }) => dependencies?.[contract])
  return dependents
    .filter(({ name }) => bumps.get(name) !== 'major')
    .map(
      ({ name }) => `${name} depends on core, whose next release is a major: it needs a major changeset too`,
    )
}

/**
 * A package that was never released has a changeset of its own: its sentence begins the package's CHANGELOG.
 *
 * @param {readonly Change[]} changes
 * @param {readonly Released[]} manifests
 * @returns {string[]}
 */
export function firstReleaseProblems(changes, manifests) {
  const isOwn = (/** @type {Change} */ { file }) =>
    changes.filter((change) => change.file === file).length === 1
  return manifests
    .filter(({ version }) => version === '0.0.0')
    .filter(
      ({ name }) =>
        !changes.some((change) => change.name === name && change.bump === 'major' && isOwn(change)),
    )
    .map(({ name }) => `${name} was never released: it needs a major changeset that names no other package`)
}
