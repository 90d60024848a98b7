import { expect, test } from 'vitest'
import { configPath } from '../../src/config/config-path.js'

test("configPath() starts at the file's folder, and at the home folder after ~/", () => {
  const origin = { directory: '/etc/oa', home: '/home/oa' }
  const paths = ['token', './~/token', '/run/token', '~/token', '~/../x', '~', '~other/token']
  expect(paths.map((path) => configPath(path, origin))).toEqual([
    '/etc/oa/token',
    '/etc/oa/~/token',
    '/run/token',
    '/home/oa/token',
    '/home/x',
    '/etc/oa/~',
    '/etc/oa/~other/token',
  ])
})
