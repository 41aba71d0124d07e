import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/temporary.setup.ts', 'test/bundles.setup.ts'],
    // By default one core is left idle.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      // These three change nothing that outlives a test: files share what they have imported, which
      // is much of their time. A simulation stops its process's clock, and gives it back when it
      // ends; what stands still until its test is over is `stillWorld`'s to give back.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/unit/seed.setup.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'template',
          include: ['test/template/**/*.test.ts'],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          isolate: false,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'hosts',
          include: ['test/hosts/**/*.test.ts'],
          isolate: false,
          testTimeout: 300_000,
          // Labs are made in hooks, several at a time.
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
