/** The part of the runtime of Cloudflare Workers that the recipe uses. */
declare module 'cloudflare:workers' {
  export const env: { readonly CLIENT_SECRET: string }
  export function waitUntil(promise: Promise<unknown>): void
}

/** It has no types. */
declare module 'react-native-url-polyfill/auto' {}
/** The part of Metro that the recipe of React Native uses; its own types need those of React Native. */
declare module 'metro' {
  export function loadConfig(options: { cwd: string; config: string }): Promise<object>
  export function runBuild(config: object, options: object): Promise<{ readonly code: string }>
}
