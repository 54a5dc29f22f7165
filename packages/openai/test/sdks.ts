import { OpenAI as OpenAI7 } from 'openai'
import { OpenAI as OpenAI4 } from 'openai4'
import { OpenAI as OpenAI5 } from 'openai5'
import { OpenAI as OpenAI6 } from 'openai6'

/** A client, as the tests use it: the newest one's types, which the older ones have too where a test calls them. */
export type Client = OpenAI7

type ClientOptions = ConstructorParameters<typeof OpenAI7>[0]

/** The newest release of each major that is supported. */
export const SDKS: readonly { readonly major: number; create(options: ClientOptions): Client }[] = [
  { major: 4, create: options => as(new OpenAI4(as(options))) },
  { major: 5, create: options => as(new OpenAI5(as(options))) },
  { major: 6, create: options => as(new OpenAI6(as(options))) },
  { major: 7, create: options => new OpenAI7(options) },
]

/** One table drives all majors, whose types differ in what the tests do not use. */
function as<Type>(value: unknown): Type {
  return value as Type
}
