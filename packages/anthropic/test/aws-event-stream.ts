import { crc32 } from 'node:zlib'

/**
 * Events as Bedrock streams them: each is a message of `application/vnd.amazon.eventstream` (lengths, headers, payload and two
 * CRC-32), whose payload has the event in base64.
 */
export function awsEventStream(events: readonly unknown[]): Uint8Array {
  return Buffer.concat(events.map(event => message(Buffer.from(JSON.stringify(event)))))
}

function message(event: Buffer): Buffer {
  const headers = Buffer.concat([
    header(':event-type', 'chunk'),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const payload = Buffer.from(JSON.stringify({ bytes: event.toString('base64') }))
  const lengths = Buffer.concat([uint32(16 + headers.length + payload.length), uint32(headers.length)])
  const body = Buffer.concat([lengths, uint32(crc32(lengths)), headers, payload])
  return Buffer.concat([body, uint32(crc32(body))])
}

function header(name: string, value: string): Buffer {
  const STRING = 7
  const length = Buffer.from([value.length >> 8, value.length & 0xff])
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    Buffer.from(value),
  ])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
