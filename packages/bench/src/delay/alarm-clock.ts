import { parentPort, workerData } from 'node:worker_threads'
import { AlarmSetting } from './alarm.ts'

// A thread that does nothing but sleep until it is time.

const setting = new AlarmSetting(workerData)
for (;;) {
  const count = setting.waitForTime()
  parentPort?.postMessage(count)
  setting.waitForChange(count)
}
