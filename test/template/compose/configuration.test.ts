import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const COMPOSE = path.join(import.meta.dirname, '../../../compose');
const text = (file: string) => readFileSync(path.join(COMPOSE, file), 'utf8');

describe('Orthanc', () => {
  const settings = JSON.parse(text('orthanc/orthanc.json'));
  const { orthanc } = parse(text('compose.yaml')).services;

  it('shares one index with the other node: it neither locks it nor keeps anything beside it', () => {
    expect(settings).toMatchObject({
      SaveJobs: false,
      DicomModalitiesInDatabase: false,
      OrthancPeersInDatabase: false,
      PostgreSQL: {
        EnableIndex: true,
        EnableStorage: false,
        Lock: false,
        TransactionMode: 'ReadCommitted',
      },
    });
  });

  it('takes nothing from a device that is not in the configuration, but an echo', () => {
    const allowed = Object.entries(settings)
      .filter(([name, value]) => name.startsWith('DicomAlwaysAllow') && value)
      .map(([name]) => name);

    expect(allowed).toEqual(['DicomAlwaysAllowEcho']);
    expect(settings.DicomCheckCalledAet).toBe(true);
  });

  it('lets nobody in without a password, and nobody run code or write files', () => {
    expect(settings).toMatchObject({
      AuthenticationEnabled: true,
      ExecuteLuaEnabled: false,
      RestApiWriteToFileSystemEnabled: false,
      WebDavEnabled: false,
    });
  });

  it('compresses nothing: images come compressed, or are not worth the time', () => {
    expect(settings.StorageCompression).toBe(false);
    expect(settings.IngestTranscoding).toBeUndefined();
  });

  it('is configured the way of its image, which merges files and secrets', () => {
    expect(orthanc.command).toBeUndefined();
    expect(orthanc.entrypoint).toBeUndefined();
    expect(orthanc.secrets).toEqual(['users.json', 'database.json']);
  });

  it('has the default viewer by the name that its plugin knows', () => {
    expect(settings.OrthancExplorer2).toEqual({ Enable: true, IsDefaultOrthancUI: true });
  });

  it('waits for the bucket by the setting that its plugin reads', () => {
    // "ConnectionTimeout" is read and dropped by the plugin.
    expect(Object.keys(settings.AwsS3Storage)).toEqual([
      'StorageStructure',
      'ConnectTimeout',
      'RequestTimeout',
    ]);
  });

  it('gives out addresses of DICOMweb that lead back through nginx', () => {
    expect(settings.DicomWeb).toMatchObject({ PublicRoot: '/orthanc/dicom-web/', Ssl: true });
    expect(text('nginx/proxy.conf')).toMatch(
      /^proxy_set_header Forwarded "for=\$remote_addr;proto=\$scheme;host=\$host";$/m,
    );
  });

  it('is 1.13 or newer, without the known vulnerabilities of those before', () => {
    // 26.8.1 is the first image of 1.13: release notes of orthanc-builder.
    const [, year, month] = /^orthancteam\/orthanc:(\d+)\.(\d+)\.\d+@/.exec(orthanc.image) ?? [];

    expect(Number(year) * 12 + Number(month)).toBeGreaterThanOrEqual(26 * 12 + 8);
  });
});

describe('nginx', () => {
  const files = readdirSync(path.join(COMPOSE, 'nginx'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.conf'))
    .map((file) => text(`nginx/${file}`));
  const conf = text('nginx/nginx.conf');

  it('starts without Orthanc, and finds it again under another address', () => {
    for (const upstream of ['http', 'stream']) {
      const lines = text(`nginx/upstreams/${upstream}.conf`);

      expect(lines).toMatch(/^resolver 127\.0\.0\.11 valid=5s ipv6=off;$/m);
      const servers = lines.match(/^ *server .*$/gm) ?? [];
      expect(servers).toHaveLength(1);
      for (const server of servers) expect(server).toMatch(/ resolve /);
      // What is resolved while it runs has to be shared by its workers.
      expect(lines).toMatch(/^ {4}zone /m);
    }
  });

  it('speaks TLS 1.2 and 1.3 with forward secrecy, and nothing in the clear', () => {
    const tls = text('nginx/tls.conf');
    const [, ciphers = ''] = /^ssl_ciphers (.*);$/m.exec(tls) ?? [];

    expect(tls).toMatch(/^ssl_protocols TLSv1\.2 TLSv1\.3;$/m);
    for (const cipher of ciphers.split(':')) {
      expect(cipher).toMatch(/^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM|CHACHA20-POLY1305)/);
    }
    for (const [line] of conf.matchAll(/^ *listen .*$/gm)) expect(line).toMatch(/ ssl;$/);
  });

  it('hides its version, and has browsers insist on TLS', () => {
    expect(conf).toMatch(/^ {4}server_tokens off;$/m);
    expect(conf).toMatch(/^ +add_header Strict-Transport-Security "max-age=31536000" always;$/m);
    // A header set in a location would hide those of the server.
    expect(conf.match(/add_header/g)).toHaveLength(3);
  });

  it('writes no query and no name of a study to its log', () => {
    const formats = Array.from(conf.matchAll(/log_format \w+ '(.*)';/g), ([, format]) => format);

    expect(formats).toHaveLength(2);
    for (const format of formats) {
      expect(format).not.toMatch(/\$(request|request_uri|uri|args|query_string|http_\w+)\b/);
    }
  });

  it('lets a transfer of up to an hour finish when it takes a new configuration', () => {
    expect(conf).toMatch(/^worker_shutdown_timeout 1h;$/m);
  });

  it('waits an hour for an archive that is being packed, and passes it on without a disk', () => {
    expect(conf).toMatch(/\(archive\|media\)[\s\S]{0,200}proxy_read_timeout 1h;/);
    expect(text('nginx/proxy.conf')).toMatch(/^proxy_max_temp_file_size 0;$/m);
  });

  it('takes key and certificate through one link, so that they change together', () => {
    const pairs = files.flatMap((file) => file.match(/^ssl_certificate(_key)? .*$/gm) ?? []);

    expect(pairs).toEqual([
      'ssl_certificate /etc/orthweb-tls/live/fullchain.pem;',
      'ssl_certificate_key /etc/orthweb-tls/live/tls.key;',
    ]);
  });
});
