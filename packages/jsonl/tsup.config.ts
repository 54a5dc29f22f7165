import { fileURLToPath } from 'node:url'
import { defineConfig, type Options } from 'tsup'

/**
 * Makes the worker's code a string inside the package: a bundler that puts an application into one file takes it
 * along, whereas it would miss a second file. All but fs-native-extensions, which the worker requires itself, is inside.
 */
const workerSource: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'worker-source',
  setup(build) {
    build.onResolve({ filter: /^#worker-source$/ }, ({ path }) => ({ path, namespace: 'worker-source' }))
    build.onLoad({ filter: /.*/, namespace: 'worker-source' }, async () => {
      const { outputFiles } = await build.esbuild.build({
        entryPoints: [fileURLToPath(new URL('src/worker.ts', import.meta.url))],
        bundle: true,
        write: false,
        platform: 'node',
        format: 'cjs', // what a Worker made from a string runs
        target: 'node22',
        legalComments: 'none',
      })
      return { contents: outputFiles[0]?.text ?? '', loader: 'text' }
    })
  },
}

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node22.14',
  dts: true,
  clean: true,
  esbuildPlugins: [workerSource],
})
