/** Common names of services, and their signing names. */
const signingNames: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['amazon-bedrock', 'bedrock'],
  ['bedrock-agent', 'bedrock'],
  ['bedrock-agent-runtime', 'bedrock'],
  ['bedrock-runtime', 'bedrock'],
  ['api-gateway', 'execute-api'],
  ['apigateway-execute', 'execute-api'],
  ['cloudwatch', 'monitoring'],
  ['cloudwatch-logs', 'logs'],
  ['dynamo', 'dynamodb'],
  ['elasticsearch', 'es'],
  ['eventbridge', 'events'],
  ['iot-data', 'iotdata'],
  ['opensearch', 'es'],
  ['opensearch-serverless', 'aoss'],
  ['runtime.sagemaker', 'sagemaker'],
  ['s3-control', 's3'],
  ['sagemaker-runtime', 'sagemaker'],
  ['ses-v2', 'ses'],
  ['sesv2', 'ses'],
  ['sfn', 'states'],
  ['step-functions', 'states'],
  ['stepfunctions', 'states'],
])

/**
 * @internal The signing name of a service, if it differs from the given name; undefined if the given name is right. A
 * service rejects a wrong name with a 403 that does not give the reason.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
export function respelledService(service: string): string | undefined {
  const name = service.toLowerCase().replace(/(\.[a-z\d-]+)?\.(amazonaws\.com(\.cn)?|api\.aws)$/, '')
  const right = signingNames.get(name) ?? name
  return right === service ? undefined : right
}

/**
 * @internal The right spelling of a region in capitals, or of an availability zone; undefined if the region is right.
 */
export function respelledRegion(region: string): string | undefined {
  const [, name] = /^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]?$/.exec(region.toLowerCase()) ?? []
  return name === region ? undefined : name
}
