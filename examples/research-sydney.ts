import { defineConfig } from '../infra/config.ts';

// A research group in Sydney. People work by day; on Monday, Wednesday and Friday the scanners of a
// partner send their studies through the night.
export default defineConfig({
  site: 'research-sydney',
  // "dev": cheap, and gone with its stack.
  environment: 'dev',

  region: 'ap-southeast-2',
  zones: ['ap-southeast-2a', 'ap-southeast-2b', 'ap-southeast-2c'],

  network: { cidr: '10.61.0.0/20', publicPrefix: 26, privatePrefix: 24 },

  clients: {
    web: ['203.0.113.64/26'],
    dicom: ['203.0.113.64/26', '198.51.100.0/25'],
  },

  dicom: { modalities: { PARTNER_MR: ['store'], LAB: ['store', 'find', 'get'] } },

  hosts: { instanceType: 't3.large', volumeGiB: 30 },

  timeZone: 'Australia/Sydney',
  schedule: {
    windows: [
      { from: '08:00', to: '18:00', weekdays: 'mon-fri' },
      // Over midnight: the night belongs to the day on which it begins, so this one ends on
      // Tuesday, Thursday and Saturday morning.
      { from: '18:00', to: '06:00', weekdays: 'mon,wed,fri' },
    ],
    exceptions: [
      // Christmas falls into the summer holidays: nobody works for more than two weeks.
      { dates: '2026-12-19/2027-01-05', name: 'Summer closure' },
      { dates: '01-26', name: 'Australia Day' },
      { dates: '04-25', name: 'Anzac Day' },
    ],
  },

  alerts: { emails: ['imaging-lab@example.org'] },
  budget: { monthlyUsd: 200 },
  logs: { retentionDays: 30 },
});
