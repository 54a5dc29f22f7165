import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/server.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    slowTestThreshold: Number.POSITIVE_INFINITY, // a line a file
    reporters: ['default', ['json', { outputFile: 'test-report.json' }]],
  },
})
