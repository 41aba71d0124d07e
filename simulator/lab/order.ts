import { text } from 'node:stream/consumers';
import { ask } from './ask.ts';

/** Passes an order from stdin to the lab that takes orders at a socket, and waits until it is done. */
const [socket = ''] = process.argv.slice(2);
const { code, stdout, stderr } = await ask(socket, { args: [await text(process.stdin)] });
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
