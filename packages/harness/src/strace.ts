import { spawnSync } from 'node:child_process'

/** Whether system calls can be watched, and made to fail: by strace, which Linux alone has, and not every machine. */
export const hasStrace = spawnSync('strace', ['-V']).status === 0
