/** Something that the user can understand; its message is all that is shown of it. */
export class DemoError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = DemoError.name;
  }
}
