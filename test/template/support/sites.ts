import { type Config, type ConfigInput, parseConfig } from '../../../infra/config.ts';

const common = {
  clients: { web: ['203.0.113.0/24'], dicom: ['203.0.113.0/24'] },
} satisfies Partial<ConfigInput>;

/** A test site that stops at night, on Sundays and earlier on Christmas Eve. */
export const clinic = (different: Partial<ConfigInput> = {}): Config =>
  parseConfig({
    ...common,
    site: 'clinic',
    environment: 'dev',
    region: 'ca-central-1',
    zones: ['ca-central-1a', 'ca-central-1b'],
    timeZone: 'America/Toronto',
    schedule: {
      windows: [
        { from: '07:00', to: '19:00', weekdays: 'mon-fri' },
        { from: '08:30', to: '13:00', weekdays: 'sat' },
      ],
      exceptions: [
        { dates: '12-24', name: 'Christmas Eve', windows: [{ from: '07:00', to: '12:00' }] },
      ],
    },
    alerts: { emails: ['pacs@example.org'] },
    logs: { retentionDays: 30 },
    ...different,
  });

/** A production site that is always on. */
export const hospital = (different: Partial<ConfigInput> = {}): Config =>
  parseConfig({
    ...common,
    site: 'hospital',
    environment: 'prd',
    region: 'eu-central-1',
    zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    timeZone: 'Europe/Berlin',
    alerts: {
      emails: ['duty@example.org', 'pacs@example.org'],
      slack: { workspaceId: 'T0123ABCDEF', channelId: 'C0123ABCDEF' },
    },
    logs: { retentionDays: 731 },
    ...different,
  });
