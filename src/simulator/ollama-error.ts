/** An error that Ollama itself would answer: the status and the text of `{"error": …}`. */
export class OllamaError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
