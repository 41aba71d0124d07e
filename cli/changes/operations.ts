import type { Change, Resource } from './change.ts';
import { type Finding, listed } from './finding.ts';

/** The stack of operations holds no data; what the operator notices is who gets mail. */
export function operationsFindings(changes: readonly Change[]): Finding[] {
  const ofType = (type: string) => changes.filter((change) => change.type === type);
  const topic = ofType('AWS::SNS::Topic').find(
    ({ fate }) => fate === 'replaced' || fate === 'removed',
  );
  if (topic) {
    const text =
      'alerts: go another way. AWS asks each address to confirm again, and sends none there before ' +
      'that.';
    return [{ text, effect: 'interrupts', about: [topic.id] }];
  }
  const subscriptions = ofType('AWS::SNS::Subscription');
  const coming = subscriptions.filter(({ fate }) => fate === 'added' || fate === 'replaced');
  const going = subscriptions.filter(({ fate }) => fate === 'removed' || fate === 'replaced');
  const added = coming.map(({ after }) => endpointOf(after));
  const removed = going.map(({ before }) => endpointOf(before));
  const about = [...coming, ...going].map(({ id }) => id);
  const sentences = [
    ...(added.length > 0
      ? [`alerts: AWS asks ${listed(added)} to confirm, and sends none there before that.`]
      : []),
    ...(removed.length > 0 ? [`alerts: no more go to ${listed(removed)}.`] : []),
  ];
  return sentences.map((text) => ({ text, effect: 'note', about }));
}

const endpointOf = (subscription: Resource | undefined): string =>
  String(subscription?.Properties?.Endpoint ?? 'a subscriber');
