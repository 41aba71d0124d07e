import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HttpAnswers } from '../../../functions/shared/http-answers.ts';

const ANSWER = {
  Status: 'SUCCESS',
  PhysicalResourceId: 'clinic/Authority1',
  StackId: 'stack',
  RequestId: 'r-1',
  LogicalResourceId: 'Authority1',
  Data: { Pem: 'a\nb' },
} as const;

/** S3 as it answers one request after the other; a `0` closes the connection. */
async function s3(...statuses: readonly number[]) {
  const requests: object[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const status = statuses[requests.length] ?? 200;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/answer?X-Amz-Signature=secret`, requests };
}

it('puts an answer as JSON, with the empty content type that the address is signed for', async () => {
  const { url, requests } = await s3(200);

  await new HttpAnswers(0).put(url, ANSWER);

  expect(requests).toEqual([
    expect.objectContaining({
      method: 'PUT',
      url: '/answer?X-Amz-Signature=secret',
      headers: expect.objectContaining({
        'content-type': '',
        'content-length': String(JSON.stringify(ANSWER).length),
      }),
      body: JSON.stringify(ANSWER),
    }),
  ]);
});

it('tries again after a refusal and a lost connection', async () => {
  const { url, requests } = await s3(503, 0, 200);

  await new HttpAnswers(0).put(url, ANSWER);

  expect(requests).toHaveLength(3);
});

it('gives up after four tries, and keeps the signed address to itself', async () => {
  const { url, requests } = await s3(500, 500, 500, 403, 200);

  const given = new HttpAnswers(0).put(url, ANSWER);

  await expect(given).rejects.toThrow(/^the answer was not taken in 4 tries: HTTP 403$/);
  expect(requests).toHaveLength(4);
});
