import { defineConfig } from './infra/config.ts';

// Your site. Change what differs, then `npm start` rehearses a week of it on your own machine:
// nothing is deployed, and no AWS account is needed. A mistake is answered with what to write.
export default defineConfig({
  site: 'clinic',
  environment: 'tst',

  // Where it runs. The two hosts live in different zones, so that one zone may fail.
  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],

  // Who may connect: the public addresses of your networks. These are examples.
  clients: {
    web: ['203.0.113.0/24'],
    dicom: ['203.0.113.0/24', '198.51.100.16/28'],
  },

  // Which of the devices there may do what, by AE title: two scanners send images, a workstation
  // searches and fetches them. How a device is connected is in docs/devices.md.
  dicom: {
    modalities: {
      CT1: ['store'],
      US1: ['store'],
      READER: ['find', 'get'],
    },
  },

  // When it runs, by the wall clock of this time zone. At all other times you pay for storage only.
  timeZone: 'America/Toronto',
  schedule: {
    windows: [{ from: '07:00', to: '19:00', weekdays: 'mon-fri' }],
    exceptions: [
      { dates: '12-24/01-01', name: 'Christmas and New Year' },
      { dates: '07-01', name: 'Canada Day' },
    ],
  },

  // Who is told when something needs a person.
  alerts: { emails: ['pacs@example.org'] },

  // What the whole site may cost a month: AWS writes at 80 %, at 100 % and when it expects more. It
  // counts once the tag orthweb:site is activated as a cost-allocation tag in the Billing console.
  budget: { monthlyUsd: 80 },

  tags: { Owner: 'Imaging' },
});
