import { resolve } from 'node:path'

/** Where the paths of a configuration file start. */
export interface PathOrigin {
  /** The file's own folder. */
  readonly directory: string
  /** What `~` stands for: in a file there is no shell that would know. */
  readonly home: string
}

/** The absolute path that one in a configuration file stands for. */
export function configPath(path: string, { directory, home }: PathOrigin): string {
  return path.startsWith('~/') ? resolve(directory, home, path.slice(2)) : resolve(directory, path)
}
