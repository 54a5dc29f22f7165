export { BROKEN_LOGS, type BrokenLog, DOWN } from './broken-logs.ts'
export { expectUnfinished, type KilledProgram } from './killed-program.ts'
