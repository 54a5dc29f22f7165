/** A message of the library for people who use the command line: its calls as commands, and no entry named three times. */
export function plainMessage(message: string): string {
  return withoutRepetition(message)
    .replace(/`log\.verify\(\)`(?: and `PRAGMA integrity_check`)?/g, 'audit verify')
    .replace(', or see `PRAGMA integrity_check`', '')
    .replace('something else; give another path', SYNAPSEKIT)
    .replace('verify({ checkpoint }) shows', 'audit verify --checkpoint shows')
    .replace(/`log\.(\w+)\(.*?\)`/g, 'audit $1')
    .replace(
      /^(\w+) is missing$/,
      '$1 is missing, a part of the database that keeps entries as they are: another program has changed the file',
    )
}

const SYNAPSEKIT =
  'something else; if SynapseKit wrote it, audit import makes a log of it, and otherwise give another file'

/** What is reported by several layers begins with the entry in each of them; the last one knows best. */
function withoutRepetition(message: string): string {
  const [first] = /^entry \d+\b/.exec(message) ?? []
  return first === undefined ? message : message.slice(message.lastIndexOf(`${first} `))
}
