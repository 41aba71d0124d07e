import { network, type Passage } from '../api.ts';
import type { World } from '../world.ts';

/** A call that a function made: who, which, when (epoch milliseconds). */
export interface RecordedCall {
  readonly by: string;
  /** `ec2:StartInstances`. */
  readonly call: string;
  readonly at: number;
}

/** The usual network, on which every call that arrives at AWS is written down, in its order. */
export function recording({ clock }: World, calls: RecordedCall[]): Passage {
  const usual = network(clock);
  return {
    ...usual,
    before: async (call) => {
      await usual.before(call);
      const { by, service, operation } = call;
      if (by.dead) return;
      calls.push({ by: by.functionName, call: `${service}:${operation}`, at: clock.now });
    },
  };
}
