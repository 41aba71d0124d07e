import { defineConfig } from '../infra/config.ts';

// A hospital that reads images at any hour: no schedule, so nothing is ever stopped to save money.
export default defineConfig({
  site: 'hospital',
  environment: 'prd',

  region: 'eu-central-1',
  zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],

  network: {
    cidr: '10.80.0.0/16',
    // Everything that operates the hosts stays inside AWS: six services in three zones, about
    // $131 a month.
    endpoints: 'management',
  },

  clients: {
    web: ['203.0.113.0/24'],
    dicom: ['203.0.113.0/24', '198.51.100.0/24'],
  },

  dicom: {
    modalities: {
      CT1: ['store'],
      CT2: ['store'],
      MR1: ['store'],
      READING1: ['find', 'get'],
      READING2: ['find', 'get'],
    },
    // With an authority of the hospital's own, devices would also prove who they are:
    //   clientCertificates: 'required',
    //   clientAuthority: readFileSync('devices-ca.pem', 'utf8'),
  },

  hosts: { instanceType: 'm7i.large', volumeGiB: 50 },

  // Images of years, and few of them are ever read again.
  storage: { intelligentTiering: true },

  database: {
    instanceClass: 'db.m7g.large',
    storageGiB: 100,
    // RDS grows it by itself up to here: a full database refuses new images.
    maxStorageGiB: 500,
    // The index can be put back to any moment of the last five weeks.
    backupDays: 35,
    // In UTC; the quietest hour here.
    backupWindow: '01:00-02:00',
  },

  // For the times in messages, even without a schedule.
  timeZone: 'Europe/Berlin',

  alerts: { emails: ['pacs-duty@example.org', 'pacs@example.org'] },
  budget: { monthlyUsd: 1200 },
  logs: { retentionDays: 731 },
  tags: { Owner: 'Radiology', Contact: 'pacs@example.org' },
});
