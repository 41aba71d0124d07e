import { Ailments } from '../../simulator/host-ailments.ts';
import type { HostState } from '../../simulator/host-probe.ts';

/** A host with which all is well, but for its pairs, of which this says nothing. */
export const WELL: Omit<HostState, 'tls' | 'now'> = {
  drained: false,
  nginx: 'runs',
  orthanc: 200,
  deep: 200,
  database: 'reached',
  stores: true,
  ailments: new Ailments(),
  bundle: 'bundle',
};
