import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { create } from '../../../functions/certificate/authority.ts';
import type { Answer } from '../../../functions/shared/answer.ts';
import { KeyStandIn, testAuthority } from '../../support/authority.ts';
import { awsError, clients, context } from '../support/clients.ts';

const EVENT = {
  RequestType: 'Create',
  ResponseURL: 'https://answers.example/put',
  StackId: 'arn:aws:cloudformation:ca-central-1:111122223333:stack/clinic/0000',
  RequestId: 'r-1',
  LogicalResourceId: 'Authority1',
};

/** What CloudFormation is answered. */
async function answerTo(properties: object, kms = new KeyStandIn(), more: object = {}) {
  const sent: Answer[] = [];
  const answers = { put: async (_url: string, answer: Answer) => void sent.push(answer) };
  const ResourceProperties = { Site: 'clinic', Number: '1', Key: kms.arn, ...properties };
  await create({ POWERTOOLS_LOG_LEVEL: 'SILENT' }, clients({ answers, kms }))(
    { ...EVENT, ResourceProperties, ...more },
    context,
  );
  expect(sent).toHaveLength(1);
  return sent[0];
}

it('makes the certificate of an authority as it was when its key was made', async () => {
  const { certificate } = await testAuthority();

  expect(await answerTo({ ServiceToken: 'arn:aws:lambda:…' })).toMatchObject({
    Status: 'SUCCESS',
    Data: {
      Pem: certificate.toString(),
      Fingerprint: certificate.fingerprint256,
      NotAfter: '2036-11-01T08:15:30.000Z',
    },
  });
});

it('makes the same at each deployment', async () => {
  const created = await answerTo({});
  const updated = await answerTo({}, undefined, {
    RequestType: 'Update',
    PhysicalResourceId: created?.PhysicalResourceId,
  });

  expect(updated).toEqual(created);
});

it('signs it anew on the day of the configuration, with the same key and name', async () => {
  const former = new X509Certificate((await answerTo({}))?.Data?.Pem ?? '');
  const renewed = new X509Certificate((await answerTo({ Signed: '2026-11-20' }))?.Data?.Pem ?? '');

  expect(new Date(renewed.validFrom)).toEqual(new Date('2026-11-19T23:00:00Z'));
  expect(new Date(renewed.validTo)).toEqual(new Date('2036-11-20T00:00:00Z'));
  expect(renewed.subject).toBe(former.subject);
  expect(renewed.publicKey.equals(former.publicKey)).toBe(true);
});

it('asks nothing of the key’s birth when the configuration says the day', async () => {
  const kms = new KeyStandIn();

  await answerTo({ Signed: '2026-11-20' }, kms);

  expect(kms.calls).toEqual(['GetPublicKey', 'Sign']);
});

it('is not signed on a day that is yet to come, and says what to write', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

  expect(await answerTo({ Signed: tomorrow })).toMatchObject({
    Status: 'FAILED',
    Reason:
      `InvalidInput: certificate.authorities: authority 1 is signed on ${tomorrow}, which is yet ` +
      'to come in UTC. Write today or a day before: devices would refuse it until then',
  });
});

it.each([
  [{ Signed: '2026-11-31' }, /Signed/],
  [{ Number: '0' }, /Number/],
  [{ Site: '' }, /Site/],
  [{ Key: undefined }, /Key/],
])('is not made of %j, and says so', async (properties, reason) => {
  expect(await answerTo(properties)).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(reason),
  });
});

it('tells CloudFormation why KMS refuses its key', async () => {
  const kms = new KeyStandIn();
  kms.refusal = awsError('KMSInvalidStateException', 'it is pending deletion');

  expect(await answerTo({}, kms)).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/^AuthorityUnavailable: .*KMSInvalidStateException: it is pend/),
  });
});

it('fits into an answer to CloudFormation with the longest name of a site', async () => {
  const answer = await answerTo({ Site: 'x'.repeat(64), Number: '9999' });

  expect(answer?.Status).toBe('SUCCESS');
  expect(JSON.stringify(answer).length).toBeLessThan(4096);
});
