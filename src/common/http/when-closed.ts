import { type Response } from 'express';

/** Aborted as soon as the connection is gone, or the answer has been sent. */
export function whenClosed(response: Response): AbortSignal {
  const leaving = new AbortController();
  const leave = () => leaving.abort(new Error('the client left'));
  if (response.closed) {
    leave();
  } else {
    response.once('close', leave);
  }
  return leaving.signal;
}
