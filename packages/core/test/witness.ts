import { createHash, generateKeyPairSync, sign } from 'node:crypto'

/** A witness as C2SP tlog-cosignature describes it: its vkey, and its line for a checkpoint. */
export function makeWitness(name: string, seconds: number) {
  const { privateKey: secret, publicKey: key } = generateKeyPairSync('ed25519')
  const typed = Buffer.concat([Buffer.of(4), key.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const hash = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seconds))
  return {
    vkey: `${name}+${hash.toString('hex')}+${typed.toString('base64')}`,
    cosign(checkpoint: string) {
      const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1)
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), secret)
      return `${checkpoint}— ${name} ${Buffer.concat([hash, time, signature]).toString('base64')}\n`
    },
  }
}
