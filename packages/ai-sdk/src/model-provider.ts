import { type JsonRecord, providerOfModel, readOr, recordOf, stringOf } from '@audit/capture/integration'
import type { AuditedModel } from './middleware-types.ts'

/**
 * OpenTelemetry's name of who serves a model.
 *
 * @param given who serves a host that is not known, as the application says.
 */
export function providerOf(model: AuditedModel, given: string | undefined): string {
  return providerOfModel({ host: hostOf(model), named: model.provider, given })
}

/** OpenTelemetry's name of what a language model of that provider does. */
export function operationName(provider: string): string {
  return provider.endsWith('.completion') ? 'text_completion' : 'chat'
}

/** Where a model's requests go, which the SDK's own providers keep in the `config` of each model; `undefined` for others. */
function hostOf(model: AuditedModel): string | undefined {
  const config = recordOf(Object(model).config)
  const address = readOr(
    () =>
      settingOf(config, 'url', model) ??
      settingOf(config, 'baseURL', model) ??
      settingOf(config, 'baseUrl', model),
    () => undefined,
  )
  return URL.parse(stringOf(address) ?? '')?.host
}

/** A setting, or what it says of a model. */
function settingOf(config: JsonRecord, name: string, { modelId }: AuditedModel): unknown {
  const setting = config[name]
  return typeof setting === 'function' ? setting.call(config, { path: '', modelId }) : setting
}
