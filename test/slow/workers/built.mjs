// Prevents the mistake of testing processes that only the test runner can start: workers run the built packages, as
// users do.

/**
 * @param {string} name folder of a package
 * @returns {Promise<any>}
 */
export function built(name) {
  return import(new URL(`../../../packages/${name}/dist/index.js`, import.meta.url).href)
}
