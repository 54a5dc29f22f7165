import { open } from 'node:fs/promises'
import type { Context } from '../context.ts'
import { fileFormatOf } from '../log/file-format.ts'
import { type FileLocation, locateLog } from '../log/log-location.ts'
import type { LogOptions } from '../log/log-options.ts'
import { openLog } from '../log/open-log.ts'
import { JsonlSource } from './jsonl-source.ts'
import { LogSource } from './log-source.ts'
import type { Source } from './source.ts'
import { StandardInput } from './standard-input.ts'
import { SynapseKitSource } from './synapsekit-source.ts'

/** Where the application id stands in an SQLite file (file format, section 1.3.15), and that of a log. */
const APPLICATION_ID_OFFSET = 68
const APPLICATION_ID = Buffer.from('AUDT')

/**
 * Opens what is to be imported, by its content: a file of SynapseKit, or another log.
 *
 * @throws CommandError for anything else.
 */
export async function openSource(context: Context, given: string, options: LogOptions): Promise<Source> {
  if (given === '-') return StandardInput.of(context)
  const location = await locateLog(context, given, options)
  if (location.kind === 'file') {
    if ((await fileFormatOf(location)) === 'jsonl') return new JsonlSource(location)
    if (!(await isLog(location))) return SynapseKitSource.open(location)
  }
  return LogSource.of(context, await openLog(context, given, options))
}

async function isLog({ path }: FileLocation): Promise<boolean> {
  await using file = await open(path, 'r')
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, APPLICATION_ID_OFFSET)
  return buffer.equals(APPLICATION_ID)
}
