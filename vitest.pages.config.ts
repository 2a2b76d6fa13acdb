import { defineConfig } from 'vitest/config'

/** `npm run test:pages`: the command blocks of the pages are run. Not part of `npm test`. */
export default defineConfig({
  test: {
    name: 'pages',
    include: ['test/pages/**/*.test.ts'],
    testTimeout: 200_000,
    hookTimeout: 200_000,
    maxConcurrency: 2,
  },
})
