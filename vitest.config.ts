import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], testTimeout: number) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 30_000,
    // A loaded machine takes more than the second that polling has by default.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    // Unit tests share what they import, which takes half of their time: what clears up after a test is told by the test.
    isolate: name !== 'unit',
  },
})

export default defineConfig({
  test: {
    // Vitest leaves one processor free, which on two of them is half.
    maxWorkers: '100%',
    projects: [
      project(
        'unit',
        ['src/**/*.test.ts', 'test/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.ts'],
        10_000,
      ),
      project('contract', ['test/contract/**/*.test.ts'], 20_000),
      project('property', ['test/property/**/*.test.ts'], 60_000),
      project('integration', ['test/integration/**/*.test.ts'], 30_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 60_000),
      project('browser', ['test/browser/**/*.test.ts'], 60_000),
    ],
  },
})
