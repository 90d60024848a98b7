import { optionError } from '@outbound-auth/core/provider'

/**
 * @internal The regional endpoint of AWS STS.
 *
 * @throws TypeError when the region cannot be part of a host name
 * @see https://docs.aws.amazon.com/general/latest/gr/sts.html
 */
export function stsEndpoint(factory: string, region: string): string {
  if (!/^[a-z\d]+(-[a-z\d]+)+$/.test(region))
    throw optionError(`${factory}: region must be the name of an AWS region, such as us-east-1`, 'region')
  const suffix = region.startsWith('cn-') ? 'com.cn' : region.startsWith('eusc-') ? 'eu' : 'com'
  return `https://sts.${region}.amazonaws.${suffix}/`
}
