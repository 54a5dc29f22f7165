/**
 * The keys of the metadata whose values are not redacted, whatever they look like: ids, models and states, written by a
 * program. Entries are found and tied to each other by them. Put no text of a person there.
 */
export const KEPT_KEYS: readonly string[] = [
  'audit.about',
  'audit.attempts',
  'audit.capture',
  'audit.intent',
  'audit.previous',
  'audit.price',
  'audit.score',
  'audit.status',
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.finish_reasons',
  'gen_ai.response.id',
  'gen_ai.response.model',
]

/**
 * The keys whose values are ids that an application chooses. Somebody may have chosen an e-mail address or a phone number, so
 * those are redacted; digits alone are left, because an id may have a right check digit by chance.
 */
export const ID_KEYS: readonly string[] = ['gen_ai.conversation.id']
