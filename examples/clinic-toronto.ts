import { defineConfig } from '../infra/config.ts';

// A clinic in Toronto that is open on weekdays and on Saturday morning. Its archive sleeps at
// night, on Sundays and on holidays.
export default defineConfig({
  site: 'clinic-toronto',
  // "prd": the images outlive the stack, and nobody deletes it by accident.
  environment: 'prd',

  region: 'ca-central-1',
  zones: ['ca-central-1a', 'ca-central-1b'],

  network: {
    // The range of the clinic's own corner of AWS. It must not be in use in the clinic.
    cidr: '10.42.0.0/16',
    // Keys and passwords are fetched without crossing the Internet: about $29 a month.
    endpoints: 'secrets',
  },

  clients: {
    // The clinic's Internet address, and that of the radiologist who reads at home.
    web: ['203.0.113.0/28', '198.51.100.7/32'],
    // Scanners send from the clinic only.
    dicom: ['203.0.113.0/28'],
  },

  dicom: {
    // The name that the clinic's devices had for its former archive: they keep it.
    aeTitle: 'CLINIC_PACS',
    modalities: {
      XRAY1: ['store'],
      // Looks for the earlier images of a patient before it sends new ones.
      US1: ['store', 'find', 'get'],
    },
  },

  storage: {
    // Most studies are looked at for some weeks and then kept for years.
    intelligentTiering: true,
  },

  timeZone: 'America/Toronto',
  schedule: {
    windows: [
      { from: '07:00', to: '19:00', weekdays: 'mon-fri' },
      { from: '08:00', to: '13:00', weekdays: 'sat' },
    ],
    exceptions: [
      // One day that comes back every year on the same date.
      { dates: '07-01', name: 'Canada Day' },
      // Shorter hours instead of none. Where two entries meet on a day, the first one counts.
      { dates: '12-24', name: 'Christmas Eve', windows: [{ from: '07:00', to: '12:00' }] },
      // Several days, over New Year.
      { dates: '12-25/01-01', name: 'Christmas and New Year' },
      // A date of one year only.
      { dates: '2027-03-26', name: 'Good Friday' },
    ],
    // Hosts and database stop: at night nobody can reach the site, and it costs storage only.
    nodes: 'both',
    database: 'follow',
  },

  alerts: { emails: ['it@example.org', 'imaging@example.org'] },
  budget: { monthlyUsd: 250 },
  logs: { retentionDays: 365 },
  tags: { Owner: 'Imaging', CostCentre: '4711' },
});
