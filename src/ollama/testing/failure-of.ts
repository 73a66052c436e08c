/**
 * The failure of a promise, to be looked at later: one that nobody listens to meanwhile would end the process.
 * For specs only.
 */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return new Error('There was no failure.');
}
