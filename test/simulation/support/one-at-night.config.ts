import { defineConfig } from '../../../infra/config.ts';

// A site of the tests that keeps node a and the database at night and stops node b alone.
export default defineConfig({
  site: 'night',
  environment: 'tst',
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],
  clients: { web: ['203.0.113.0/24'], dicom: ['203.0.113.0/24'] },
  timeZone: 'America/Toronto',
  schedule: { windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }], nodes: 'one' },
  alerts: { emails: ['pacs@example.org'] },
});
