/** The part of Metro that the recipe of React Native uses; its own types need those of React Native. */
declare module 'metro' {
  export function loadConfig(options: { cwd: string; config: string }): Promise<object>
  export function runBuild(config: object, options: object): Promise<{ readonly code: string }>
}
