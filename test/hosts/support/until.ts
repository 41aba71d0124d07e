/** Asks again and again until the answer is as wished; throws with the last one when it never is. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  wished: (answer: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come about in ${seconds} s: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
