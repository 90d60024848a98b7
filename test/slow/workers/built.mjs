// Prevents the mistake of testing processes that only the test runner can start: workers run the built packages, as
// users do.

/**
 * @param {string} name folder of a package
 * @param {string} [entry] of the package
 * @returns {Promise<any>}
 */
export function built(name, entry = 'index') {
  return import(new URL(`../../../packages/${name}/dist/${entry}.js`, import.meta.url).href)
}
