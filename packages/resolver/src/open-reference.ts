/** @internal What `openReference` is in browsers and workers, which have neither files nor commands. */
export { openVariable as openReference } from './open-variable.js'
