import type { StaticHeader } from './auth-definition.js'
import type { EnvReference, FileReference, PlatformReference } from './secret-reference.js'

/** A service with a bearer token. */
export interface BearerPreset {
  readonly kind: 'bearer'
  readonly token: EnvReference
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, StaticHeader>>
}

/** A service with a key in a header. */
export interface ApiKeyPreset {
  readonly kind: 'api-key'
  readonly key: EnvReference
  readonly header: string
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, StaticHeader>>
}

/** A service that exchanges the platform's own token. */
export interface WorkloadPreset<Service extends string> {
  readonly kind: 'workload-identity'
  readonly service: Service
  readonly subjectToken: FileReference | PlatformReference
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, StaticHeader>>
}

/** A service that takes the access token of a machine on Google Cloud. */
export interface MachinePreset {
  readonly kind: 'workload-identity'
  readonly service: 'gcp'
  readonly subjectTokenType: 'access_token'
  readonly subjectToken: PlatformReference
}

/** A service of AWS, with the credentials of a role for the platform's own token. */
export interface RolePreset {
  readonly kind: 'sigv4'
  readonly service: string
  readonly credentials: { readonly roleArn: EnvReference; readonly subjectToken: PlatformReference }
}
