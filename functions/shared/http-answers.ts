import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Answers } from './answer.ts';

/** How often an answer is tried, and how long one try may take. */
const TRIES = 4;
const SECONDS_PER_TRY = 10;

/**
 * Brings answers to CloudFormation by HTTPS, to an address in S3 that is signed for one PUT with an
 * empty content type.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
 */
export class HttpAnswers implements Answers {
  readonly #pauseSeconds: number;

  /** @param pauseSeconds before the second try; it doubles with each. */
  constructor(pauseSeconds = 1) {
    this.#pauseSeconds = pauseSeconds;
  }

  async put(url: string, answer: Answer): Promise<void> {
    for (let tried = 1; ; tried++) {
      const trouble = await tryToPut(url, JSON.stringify(answer));
      if (trouble === undefined) return;
      // The address is a secret until it is used: it stays out of what is logged.
      if (tried === TRIES)
        throw new Error(`the answer was not taken in ${TRIES} tries: ${trouble}`);
      await pause(this.#pauseSeconds * 2 ** (tried - 1) * 1000);
    }
  }
}

/** What went wrong; undefined if nothing did. */
async function tryToPut(url: string, body: string): Promise<string | undefined> {
  try {
    const { ok, status } = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': '' },
      body,
      signal: AbortSignal.timeout(SECONDS_PER_TRY * 1000),
    });
    return ok ? undefined : `HTTP ${status}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
