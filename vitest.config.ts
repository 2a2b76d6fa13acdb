import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], testTimeout: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout,
    hookTimeout: 30_000,
    // A loaded machine takes more than the second that polling has by default.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    // Unit tests share what they import, which takes half of their time: what clears up after a test is told by the test.
    isolate: name !== 'unit',
  },
})

/** Of the built command, and not in `npm test`, which takes less than three minutes: many starts each, or a tool of the system. */
const SLOW = [
  'bench',
  'catch-up',
  'clock',
  'crash',
  'custom-opencti',
  'delivery',
  'demo',
  'deploy-secrets',
  'deploy-systemd',
  'doctor',
  'doctor-broken',
  'hostile',
  'http',
  'nodes',
  'nodes-lookups',
  'page',
  'power-cut',
  'state-full',
  'status',
  'stop',
].map((name) => `test/e2e/${name}.test.ts`)

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
      project('e2e', ['test/e2e/**/*.test.ts'], 60_000, SLOW),
      project('slow', SLOW, 60_000),
      project('browser', ['test/browser/**/*.test.ts'], 60_000),
    ],
  },
})
