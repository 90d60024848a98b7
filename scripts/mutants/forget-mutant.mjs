// Prevents the mistake of a test file that is read while the mutant of the run before is still switched on.
const stryker = /** @type {{ __stryker__?: { activeMutant?: string | undefined } }} */ (globalThis)
  .__stryker__
if (stryker) stryker.activeMutant = undefined
