/** How much a thinking model thinks. */
export type Think = boolean | 'low' | 'medium' | 'high' | 'max';

/**
 * How a model is asked; what is left out comes from the settings, or is left to the model. Names and units are those
 * of Ollama's `options`, and of `think` and `keep_alive` beside them.
 */
export interface SamplingOptions {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly repeat_penalty?: number;
  readonly seed?: number;
  /** Most tokens of one answer. */
  readonly num_predict?: number;
  /** Context window in tokens. */
  readonly num_ctx?: number;
  readonly think?: Think;
  /** Seconds as a number, or a duration with unit such as `10m`. */
  readonly keep_alive?: string | number;
}
