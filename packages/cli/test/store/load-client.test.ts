import { expect, test } from 'vitest'
import { installCommand, loadClient } from '../../src/store/load-client.js'

const installation = { file: '/usr/lib/node_modules/@outbound-auth/cli/dist/store/a.js', cwd: '/home/me' }

test.each([
  ['/usr/lib/node_modules/@outbound-auth/cli/dist/a.js', '/home/me/app', 'npm install --global redis'],
  ['/home/me/app/node_modules/@outbound-auth/cli/dist/a.js', '/home/me/app', 'npm install redis'],
  ['/home/me/app/node_modules/@outbound-auth/cli/dist/a.js', '/home/me/app/src', 'npm install redis'],
  ['/home/me/app/node_modules/@outbound-auth/cli/dist/a.js', '/home/me/app2', 'npm install --global redis'],
  ['C:\\app\\node_modules\\@outbound-auth\\cli\\dist\\a.js', 'C:\\app', 'npm install redis'],
  [
    '/home/me/.npm/_npx/1/node_modules/@outbound-auth/cli/a.js',
    '/home/me',
    'npx -p @outbound-auth/cli -p redis outbound-auth',
  ],
  ['/srv/clone/packages/cli/dist/a.js', '/srv/clone', 'npm install --global redis'],
])('installCommand() for %s in %s is %s', (file, cwd, command) => {
  expect(installCommand('redis', { file, cwd })).toBe(command)
})

test('loadClient() says which command installs a package that is missing', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadClient('pg', () => Promise.reject(missing), installation)).rejects.toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_STORE_CLIENT',
    message: 'Cannot open the store: the package pg is not installed. Run: npm install --global pg',
  })
})

test('loadClient() says when a package is broken, and passes one that is there', async () => {
  const broken = () => Promise.reject(new SyntaxError('SECRET'))
  await expect(loadClient('redis', broken, installation)).rejects.toThrow(
    'the package redis cannot be loaded. Run: npm install --global redis',
  )
  expect(await loadClient('redis', async () => 5, installation)).toBe(5)
})
