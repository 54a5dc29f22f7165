import { readFileSync, writeFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'
import { published } from '../../tsup.base.ts'

/** What the licences of the libraries in the page demand to be passed on. */
function licenses(): string {
  return ['preact', 'uplot']
    .map(name => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`)
    .join('\n')
}

/** The page of `audit view`, for browsers: one script and one style sheet, with everything in them. */
const page: Options = {
  entry: { page: 'src/view/page/main.tsx', style: 'src/view/page/style.css' },
  outDir: 'dist/page',
  tsconfig: 'src/view/page/tsconfig.json',
  platform: 'browser',
  target: ['chrome111', 'firefox114', 'safari16.4'],
  format: 'esm',
  splitting: false,
  minify: true,
  noExternal: [/./],
  treeshake: true,
  onSuccess: async () => writeFileSync('dist/page/licenses.txt', licenses()),
}

const command = { ...published(), entry: { main: 'src/main.ts' }, dts: false, clean: ['!page/**'] }

export default defineConfig([command, page])
