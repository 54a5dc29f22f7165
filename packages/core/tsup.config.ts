import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', backend: 'src/backend/index.ts', verify: 'src/verify.ts' },
  format: 'esm',
  target: 'node22.14',
  dts: true,
  clean: true,
})
