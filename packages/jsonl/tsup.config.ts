import { defineConfig } from 'tsup'
import { published, workerSource } from '../../tsup.base.ts'

export default defineConfig(published(workerSource))
