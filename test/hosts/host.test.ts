import { expect, it } from 'vitest';
import { Host } from './support/host.ts';

it('lets no script change the machine that the tests run on, or reach beyond it', async () => {
  const host = new Host();
  try {
    const { stdout } = await host.run([
      'bash',
      '-c',
      `for place in / /boot /etc /home /opt /root /run /srv /tmp /usr /usr/local /var /var/tmp; do
         [[ -w $place && ! $place -ef /mnt$place ]] && echo "$place"
       done
       ip -brief link show up
       ls /proc | grep --count '^[0-9]'`,
    ]);

    // No place, no network; of all processes the shell, what it calls, and their init.
    expect(stdout).toMatch(/^[1-9]\n$/);
  } finally {
    host.remove();
  }
});
