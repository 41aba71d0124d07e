import { existsSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { overlaid } from '../support/break.ts';
import { type Changes, changedBundle, put } from '../support/changed-bundle.ts';
import { Device } from '../support/device.ts';
import { runningLab } from '../support/running-lab.ts';
import { until } from '../support/until.ts';

const { lab, on, send } = await runningLab();
const device = new Device(lab);
await device.images('ct2', 1);

const settings = (...titles: string[]) => ({
  dicom: {
    aeTitle: 'ORTHWEB',
    clientCertificates: 'off',
    modalities: Object.fromEntries(titles.map((title) => [title, ['store']])),
  },
});
const upload = (changes: Changes, ...titles: string[]) =>
  lab.upload(changedBundle(changes), settings('CT1', ...titles));
const update = (bundle: string) => send('a', 'update', { Bundle: bundle });
const hashOf = (url: string) => url.slice(-68, -4);

const probed = async (node: 'a' | 'b') => (await send(node, 'probe')).json;
const serving = { serves: true, verdict: 'serves' };
const bundleOf = async (node: 'a' | 'b') =>
  ((await probed(node)).versions as { readonly bundle: string }).bundle;
const left = () =>
  ['.fresh', '.former', '.former.unfinished', '.taken'].filter((name) =>
    existsSync(lab.a.disk(`opt/orthweb/${name}`)),
  );

describe('an update', () => {
  it('takes another bundle in place, one at a time, and leaves the peer alone', async () => {
    const before = { a: await lab.a.containers(), b: await lab.b.containers() };
    const refused = await device.store('a', 'ct2', { title: 'CT2' });
    const bundle = await upload({}, 'CT2');

    const first = update(bundle);
    await until('the first one', left, (names) => names.includes('.fresh'));
    const second = await update(bundle);
    const { code, json } = await first;

    expect(json).toEqual({ updated: true, bundle: hashOf(bundle) });
    expect(code).toBe(0);
    expect(second.json).toEqual({
      reason: 'another script is changing this host. Try again when it has ended.',
    });
    expect(second.code).toBe(75);
    expect(refused.code).not.toBe(0);
    expect(await device.store('a', 'ct2', { title: 'CT2' })).toMatchObject({ code: 0 });
    expect(await bundleOf('a')).toBe(hashOf(bundle));
    const after = await lab.a.containers();
    for (const name of ['nginx', 'orthanc'] as const) expect(after[name]).not.toBe(before.a[name]);
    expect(await lab.b.containers()).toEqual(before.b);
    expect(left()).toEqual([]);
  });

  // What is found before anything is changed, and what is not.
  it.each<[string, Changes, RegExp]>([
    [
      'a script that is no bash',
      { 'host/probe.sh': (text) => `${text}\nif then` },
      /^checking the bundle: .*probe\.sh/,
    ],
    [
      'a Compose file that is none',
      { 'compose.yaml': (text) => `${text}\n  - no` },
      /^checking the bundle: /,
    ],
  ])('refuses %s before it touches anything', async (_, changes, reason) => {
    const before = await lab.a.containers();

    const { code, json } = await update(await upload(changes));

    expect(json).toEqual({
      updated: false,
      restored: null,
      reason: expect.stringMatching(reason),
    });
    expect(code).toBe(1);
    expect(await lab.a.containers()).toEqual(before);
    expect(left()).toEqual([]);
  });

  it.each([
    [
      'that is not there',
      () => `s3://no-such-bucket/${'0'.repeat(64)}.zip`,
      /^fetching the bundle: .*Not Found/,
    ],
    ['that is no archive', () => lab.uploadBytes('not a zip'), /^fetching the bundle: /],
  ])('leaves the node as it is for a bundle %s', async (_, bundle, reason) => {
    const before = await lab.a.containers();

    const { code, json } = await update(bundle());

    expect(json).toMatchObject({ updated: false, restored: null });
    expect(json.reason).toMatch(reason);
    expect(code).toBe(1);
    expect(await lab.a.containers()).toEqual(before);
    expect(left()).toEqual([]);
  });

  it('leaves the node as it is when the disk fills up while it unpacks', async () => {
    const before = await lab.a.containers();
    const bundle = await upload({}, 'CT3');
    const ballast = lab.a.disk('var/ballast');
    await lab.a.run([
      'sh',
      '-c',
      'dd if=/dev/zero of=/var/ballast bs=4096; truncate -s -40960 /var/ballast',
    ]);

    const { code, json } = await update(bundle);

    rmSync(ballast);
    expect(json).toMatchObject({ updated: false, restored: null });
    expect(json.reason).toMatch(/^fetching the bundle: .*[Nn]o space left|disk full/);
    expect(code).toBe(1);
    expect(await lab.a.containers()).toEqual(before);
    expect(await probed('a')).toMatchObject(serving);
    expect(left()).toEqual([]);
  });

  it('puts the former bundle back when the new one does not serve', async () => {
    const changes = { 'nginx/nginx.conf': put('worker_processes', 'worker_prozesses') };
    const former = await bundleOf('a');
    // What nginx does whenever its configuration is written.
    const look = 'docker compose --project-directory /opt/orthweb ps --all --format json nginx';
    await on('a', overlaid('cp', `[[ $* != */tls.conf* ]] || ${look} >>/tmp/looks; exec "$@"`));

    const { code, json } = await update(await upload(changes));

    const looks = await on('a', 'rm /usr/local/bin/cp; cat /tmp/looks');
    expect(json).toMatchObject({ updated: false, restored: true });
    expect(json.reason).toMatch(/^the new bundle does not serve: ./);
    // One that comes up meanwhile would not hear that it is to end.
    expect(looks.match(/"State":"\w+"/g)).toEqual(['"State":"running"', '"State":"exited"']);
    expect(code).toBe(1);
    expect(await probed('a')).toMatchObject({ ...serving, versions: { bundle: former } });
    expect(left()).toEqual([]);
  });
});

describe('an update that is killed', () => {
  const broken = { 'nginx/nginx.conf': put('worker_processes', 'worker_prozesses') };

  /** Runs an update, and kills all of it at once when bash on the host says that it is there. */
  const killed = async (bundle: string, there: string) => {
    const { stdout } = await lab.a.run([
      'bash',
      '-c',
      `echo $(cat /opt/orthweb/bundle) >/tmp/before
       SSM_Bundle=${bundle} setsid bash -c 'echo $$ >/tmp/group; exec bash /opt/orthweb/host/update.sh' >/dev/null & update=$!
       cd /opt/orthweb
       until ${there} || ! kill -0 $update 2>/dev/null; do :; done
       kill -KILL -- -$(cat /tmp/group) && echo killed`,
    ]);
    expect(stdout).toBe('killed\n');
  };
  const FETCHES = '[[ -e .fresh ]]';
  const HAS_KEPT = '[[ -e .former ]]';
  const HAS_TAKEN = '! cmp --silent bundle /tmp/before';
  const files = () =>
    ['bundle', 'settings.json', 'nginx/nginx.conf', 'host/boot.sh'].map((name) =>
      readFileSync(lab.a.disk(`opt/orthweb/${name}`), 'utf8'),
    );

  it.each([
    ['fetches', FETCHES],
    ['has kept the former one', HAS_KEPT],
    ['has taken the new one', HAS_TAKEN],
  ])('while it %s has left a node that the next boot brings back', async (_, there) => {
    const former = files();
    const bundle = await upload(broken);

    await killed(bundle, there);
    const { json } = await send('a', 'boot');

    expect(json).toEqual({ booted: true });
    expect(await probed('a')).toMatchObject(serving);
    expect(files()).toEqual(former);
    expect(left()).toEqual([]);
  });

  it('has left a node that a power cycle brings back', async () => {
    const former = files();
    const bundle = await upload(broken);
    const running = send('a', 'update', { Bundle: bundle }).catch(() => undefined);
    await until('the new bundle', () => files()[0] !== former[0], Boolean);

    await lab.a.crash();
    await running;
    await lab.a.boot();

    expect(await probed('a')).toMatchObject(serving);
    expect(files()).toEqual(former);
    expect(left()).toEqual([]);
  });

  it('has left a node that takes the next update', async () => {
    const [broke, whole] = [await upload(broken), await upload({}, 'CT5')];
    await killed(broke, HAS_TAKEN);

    const { json } = await update(whole);

    expect(json).toEqual({ updated: true, bundle: hashOf(whole) });
    expect(await probed('a')).toMatchObject(serving);
    expect(left()).toEqual([]);
  });
});
