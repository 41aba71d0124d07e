import { defineConfig, InvalidConfig, parseConfig } from '../../../infra/config.ts';

/** A site with what has no default, and nothing else. */
export const site = defineConfig({
  environment: 'tst',
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],
  timeZone: 'America/Toronto',
  clients: { web: ['203.0.113.0/24'], dicom: ['198.51.100.0/24'] },
  alerts: { emails: ['pacs@example.org'] },
});

/** Hours of a schedule. */
export const weekdays = { from: '07:00', to: '19:00', weekdays: 'mon-fri' };

/** How a configuration is refused; an error if it is accepted. */
export const problemsIn = (config: unknown): InvalidConfig => refusal(() => parseConfig(config));

/** How what is checked is refused; an error if it is accepted. */
export function refusal(check: () => void): InvalidConfig {
  try {
    check();
  } catch (error) {
    if (error instanceof InvalidConfig) return error;
    throw error;
  }
  throw new Error('What was to be refused is accepted.');
}
