export type { ExportFormat } from './export-format.ts'
export { exportedEntries } from './exported-entries.ts'
export { EXPORT_FORMATS, exportFormat } from './formats.ts'
