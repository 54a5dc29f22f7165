// pnpm coverage: which lines of the published packages their own tests run. What runs in a thread or process of its own is
// not seen: the workers of sqlite and jsonl, and the programs that tests start. Tests across packages are left out.
import { defineConfig } from 'vitest/config'
import { publishedPackages } from './packages/release/src/published-package.ts'

export default defineConfig({
  test: {
    projects: publishedPackages(import.meta.dirname).map(({ name, directory }) => ({
      extends: `./${directory}/vitest.config.ts`,
      root: `./${directory}`,
      test: {
        name,
        // Tests import the packages as they are built; the source maps lead back to the sources.
        server: { deps: { inline: [/packages[\\/]\w+[\\/]dist/] } },
      },
    })),
    slowTestThreshold: Number.POSITIVE_INFINITY, // a line a file
    coverage: {
      enabled: true,
      provider: 'v8',
      exclude: ['**/test/**', '**/harness/**'],
      reporter: ['text', 'text-summary'],
      reportOnFailure: true,
    },
  },
})
