import { fieldsOf } from '../answer.ts';
import type { World } from '../world.ts';

/** How long after the failure it is looked at again, and when a person asks. */
const AGAIN_MS = 30_000;
const ASKED_MS = 60_000;
const NODE = 'a';

/**
 * What the lab plays beside the schedule: at this instant Orthanc fails on node a, Docker starts it
 * again, and an operator asks the host how it is. A host that a fault has switched off is left alone.
 */
export const containerFailure =
  (instant: Date) =>
  (world: World): void => {
    const { clock, site, realHosts } = world;
    const who = `node ${NODE}`;
    const see = (why: string) => {
      const { serves } = realHosts?.seen(NODE) ?? { serves: false };
      site.say('world', who, serves ? 'serves' : 'serves nobody', why);
    };
    const ifOn = (act: () => void) => () => {
      if (realHosts?.runs(NODE)) act();
      else site.say('world', who, 'is off', 'the lab plays no failure of a container there');
    };
    const ask = () => {
      site.say('world', 'an operator', `probe ${who}`, 'asks the host how it is, by its document');
      site.node(NODE)?.host.run('probe', ({ output }) => {
        const said = fieldsOf(output)?.verdict ?? output;
        site.say('world', who, `says: ${said}`, 'what probe.sh answers on the host');
      });
    };
    const fail = () => {
      site.say('fault', who, 'Orthanc is killed', 'the lab plays the failure of a container');
      realHosts?.killOrthanc(NODE);
      see('as a client sees it');
      clock.after(AGAIN_MS, () => {
        realHosts?.wait(NODE);
        see('as a client sees it, half a minute later');
      });
      clock.after(ASKED_MS, ifOn(ask));
    };
    clock.at(instant.getTime(), ifOn(fail));
  };
