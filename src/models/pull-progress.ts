/** Where a pull is, as clients see it: Ollama's last line, with the sums over all layers seen so far. */
export interface PullProgress {
  /** Ollama's text, for example `pulling aa11` or `verifying sha256 digest`. */
  status: string;
  /** The layer that the last line told of. */
  digest?: string;
  /** Bytes of all layers seen so far; left out before the first layer. */
  total?: number;
  /** Bytes that are there, of all layers seen so far; never goes down. */
  completed?: number;
  /** 0 to 100; never goes down. */
  percent?: number;
  /** Bytes per second, smoothed. */
  speed?: number;
  /** Seconds until the layers seen so far are there, at that speed. */
  eta_seconds?: number;
  disk_space_available_gb?: number;
  disk_space_warning?: string;
}
