/** A token of the token server: the time at which it was sent, in microseconds of the shared clock. */
export const TOKEN_TIME = /(\d+);/g;

export function tokenSentAt(microseconds: number): string {
  return ` ${microseconds};`;
}
