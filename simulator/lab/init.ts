import { listen } from './ask.ts';
import { DockerCommands } from './docker/commands.ts';
import { Engine } from './docker/engine.ts';
import { Systemd } from './systemd/systemd.ts';

/**
 * What runs a host from its boot to its end, under its first process: systemd and dockerd, as far as
 * hosts of a site use them. It prints the journal, one JSON text a line.
 */
const print = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

const engine = new Engine((line) => print({ unit: 'docker.service', line }));
await engine.boot();
const docker = new DockerCommands(engine);
await listen('/run/docker.sock', (call) => docker.call(call));

const systemd = new Systemd((unit, line) => print({ unit, line }));
await listen('/run/systemd.sock', (call) => systemd.call(call));
print({ reached: 'basic' });

process.on('SIGTERM', () => {
  void (async () => {
    await systemd.powerOff();
    await engine.powerOff();
    process.exit();
  })();
});

await systemd.boot();
print({ reached: 'multi-user' });
