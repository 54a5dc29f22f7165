export type { ExportFormat } from './export-format.ts'
export { EXPORT_FORMATS, exportFormat } from './formats.ts'
