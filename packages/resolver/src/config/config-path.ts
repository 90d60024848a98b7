import { resolve } from 'node:path'

/** The folders where the paths of a configuration file start. */
export interface PathOrigin {
  /** The folder of the file. */
  readonly directory: string
  /** The folder that `~` stands for, since no shell expands it in a file. */
  readonly home: string
}

/** The absolute path of a path in a configuration file. */
export function configPath(path: string, { directory, home }: PathOrigin): string {
  return path.startsWith('~/') ? resolve(directory, home, path.slice(2)) : resolve(directory, path)
}
