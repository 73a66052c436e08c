/** Something in the source that cannot be moved in; the message is for the report, without the path. */
export class Unusable extends Error {
  /** @param place where in its file it is, for example `messages[3].content`; empty for the whole file */
  constructor(place: string, reason: string) {
    super(place === '' ? reason : `${place}: ${reason}`);
    this.name = Unusable.name;
  }
}

/** Why the import cannot run at all; the message is for the user. */
export class CannotImport extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = CannotImport.name;
  }
}

/** Why a record was left out. Anything but an `Unusable` is a fault of the import itself and goes on. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unusable) {
    return error.message;
  }
  throw error;
}
