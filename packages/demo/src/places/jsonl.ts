import { JsonlBackend } from '@audit/jsonl'
import type { DemoOptions } from '../options.ts'
import type { Place } from '../place.ts'
import { quoted, showFile, temporaryFile } from './file.ts'

/** A log in a JSONL file. */
export async function placeInJsonl({ path }: DemoOptions): Promise<Place> {
  const file = path ?? (await temporaryFile('audit.jsonl'))
  return {
    backend: new JsonlBackend({ path: file }),
    async showBypass() {
      console.log('\nThe file is plain text: whoever may write to it can still edit it elsewhere.')
    },
    view: { args: [file] },
    showWhereabouts: () => showFile('jsonl', file, `head -n 2 ${quoted(file)}`),
  }
}
