import { database, published, site, written } from '../answers.ts';
import {
  ASK_HOLDER,
  DESCRIBE_DATABASE,
  epoch,
  lease,
  ME,
  OTHER,
  outbox,
  PUBLISH,
  QUERY,
  type WireCases,
  WRITE,
} from './wire-case.ts';

export const SITE: WireCases = {
  'site/tick': [
    {
      what: 'sweeps a lease, publishes the outbox and starts a run',
      event: {},
      answers: {
        ...site(lease(OTHER), outbox),
        ...database('available'),
        ...written,
        ...published,
        'states DescribeExecution': {
          status: 'ABORTED',
          startDate: epoch(900),
          stopDate: epoch(300),
        },
        'states StartExecution': { executionArn: ME, startDate: epoch(0) },
      },
      calls: [
        QUERY,
        ASK_HOLDER,
        DESCRIBE_DATABASE,
        WRITE,
        QUERY,
        ['states StartExecution', { stateMachineArn: '<Power/Workflow/StateMachine>' }],
        PUBLISH,
        WRITE,
      ],
      result: { sweepLease: true, startPower: true },
    },
  ],
};
