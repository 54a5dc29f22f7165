import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'
import { defineConfig } from 'vitest/config'

/** What differs between the packages. */
export interface TestOptions {
  /** What takes longer hangs: a test, or a hook. Default: a minute. */
  readonly timeoutMs?: number
  /** Whether the tests share a PostgreSQL server. Default: false. */
  readonly needsServer?: boolean
  /**
   * Whether each file has a process of its own, which takes a quarter of a second, and more where files import SDKs.
   * Default: true, as tests need that mock modules.
   */
  readonly isolate?: boolean
}

/**
 * Tests read what they start: it has no colours, whatever the run itself has, and no shell warns of a locale that is not
 * installed.
 */
const ENV = { FORCE_COLOR: '0', LC_ALL: 'C' }

/** The configuration of vitest that all packages have. */
export function testConfig({
  timeoutMs = 60_000,
  needsServer = false,
  isolate = true,
}: TestOptions = {}): ViteUserConfig {
  return defineConfig({
    test: {
      include: ['test/**/*.test.ts'],
      env: ENV,
      globalSetup: needsServer ? [fileURLToPath(new URL('shared-server-setup.ts', import.meta.url))] : [],
      isolate,
      maxWorkers: Math.max(2, availableParallelism() - 1), // of two cores, vitest would use one
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      slowTestThreshold: Number.POSITIVE_INFINITY, // a line a file
      reporters: ['default', ['json', { outputFile: 'test-report.json' }]],
    },
  })
}
