import type { ConfigInput } from '../../infra/config.ts';

/** A site that is open Monday to Friday from 07:00 to 19:00, and closes at night. */
export const CLINIC: ConfigInput = {
  site: 'clinic',
  environment: 'tst',
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],
  timeZone: 'America/Toronto',
  clients: { web: ['203.0.113.0/24'], dicom: ['203.0.113.0/24'] },
  schedule: { windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }] },
  alerts: { emails: ['pacs@example.org'] },
};
