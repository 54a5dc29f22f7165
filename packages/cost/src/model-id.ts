/** A model's id without the resource name around it, as the price list may know it: the best guess first. */
export function modelIds(provider: string, model: string): readonly string[] {
  const id = model.trim().toLowerCase()
  if (provider === 'aws') return bedrockIds(id)
  if (provider === 'google') return googleIds(id)
  return id === '' ? [] : [id]
}

/**
 * Bedrock's ids: `arn:aws:bedrock:us-east-1::foundation-model/ID` and `…:inference-profile/us.ID`. What else an ARN may
 * name (an application's own profile, a custom, imported or provisioned model) is not billed at a published rate.
 */
function bedrockIds(id: string): readonly string[] {
  const resource = /^arn:aws:bedrock:[^/]*:(?:foundation-model|inference-profile)\/([^/]+)$/.exec(id)
  const bare = resource ? resource[1] : id
  if (!bare || bare.startsWith('arn:') || bare.includes('/') || bare.startsWith('us-gov.')) return []
  const regionless = bare.replace(REGION, '')
  return regionless === bare ? [bare] : [bare, regionless]
}

/** Not `global.`, which is cheaper, and which the price list knows. */
const REGION = /^(?:us|eu|apac|ap|jp|au|ca|sa|me|af|uk|in|il|mx)\./

/** `models/ID`, or `projects/…/publishers/google/models/ID`. Tuned models and endpoints have no published price. */
function googleIds(id: string): readonly string[] {
  const bare = /^(?:(?:projects\/.*\/)?publishers\/[^/]+\/)?models\/([^/]+)$/.exec(id)?.[1] ?? id
  return bare === '' || bare.includes('/') ? [] : [bare]
}
