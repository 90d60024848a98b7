/** The part of the runtime of Cloudflare Workers that the recipe uses. */
declare module 'cloudflare:workers' {
  export const env: { readonly CLIENT_SECRET: string }
  export function waitUntil(promise: Promise<unknown>): void
}
