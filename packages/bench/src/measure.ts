import { Measurements } from './measurements.ts'
import type { Scale } from './scale.ts'
import { measureDisk } from './workloads/disk.ts'
import { measureEventLoop } from './workloads/event-loop.ts'
import { measureGrowth } from './workloads/growth.ts'
import { measureRecording } from './workloads/recording.ts'

/** Runs all workloads, one after the other. */
export async function measure(scale: Scale, say: (what: string) => void): Promise<Measurements> {
  const measurements = new Measurements()
  say('recording')
  await measureRecording(measurements, scale)
  say('event loop')
  await measureEventLoop(measurements, scale)
  say('bytes on disk')
  await measureDisk(measurements, scale)
  await measureGrowth(measurements, scale, say)
  return measurements
}
