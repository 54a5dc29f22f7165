import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** What the engines of the published packages say: the oldest Node that runs them. */
const TARGET = 'node22.14'

/** How the published package in the working folder is built: one module for each entry point in its `exports`. */
export function published(...esbuildPlugins: readonly Plugin[]): Options {
  return {
    entry: entryPoints(),
    format: 'esm',
    target: TARGET,
    dts: true,
    sourcemap: true, // with the sources in it, so that nothing else need be published
    clean: true,
    esbuildPlugins: [...esbuildPlugins],
  }
}

/** `dist/NAME.js` is made from `src/NAME.ts`, or from `src/NAME/index.ts`. */
function entryPoints(): Record<string, string> {
  const { exports }: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> } =
    JSON.parse(readFileSync('package.json', 'utf8'))
  const names = Object.values(exports).flatMap(target =>
    typeof target === 'string' ? [] : basename(target.default, '.js'),
  )
  return Object.fromEntries(names.map(name => [name, sourceOf(name)]))
}

function sourceOf(name: string): string {
  const file = `src/${name}.ts`
  return existsSync(file) ? file : `src/${name}/index.ts`
}

/**
 * Makes the code of `src/worker.ts` the text of the module `#worker-source`: a bundler that puts an application into one
 * file takes it along, whereas it would miss a second file. All but the native package, which the worker requires
 * itself, is inside.
 */
export const workerSource: Plugin = {
  name: 'worker-source',
  setup(build) {
    build.onResolve({ filter: /^#worker-source$/ }, ({ path }) => ({ path, namespace: 'worker-source' }))
    build.onLoad({ filter: /.*/, namespace: 'worker-source' }, async () => {
      const { outputFiles } = await build.esbuild.build({
        entryPoints: [resolve('src/worker.ts')],
        bundle: true,
        write: false,
        platform: 'node',
        format: 'cjs', // what a Worker made from a string runs
        target: TARGET,
        legalComments: 'none',
      })
      return { contents: outputFiles[0]?.text ?? '', loader: 'text' }
    })
  },
}
