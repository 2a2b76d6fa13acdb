import { defineConfig } from 'vitest/config'

/** `npm run test:install`: what is slow because npm builds, packs and installs. Not part of `npm test`. */
export default defineConfig({
  test: {
    name: 'install',
    include: ['test/install/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
