export type { LoginOptions, LoginResult } from './login/login-result.js'
export {
  type LoginWithBrowserOptions,
  loginWithBrowser,
} from './login/login-with-browser.js'
export { type DeviceCode, type LoginWithDeviceOptions, loginWithDevice } from './login/login-with-device.js'
export { type RevokeLoginOptions, revokeLogin } from './login/revoke-login.js'
