import { OllamaFleet } from '../ollama-fleet';
import { type OllamaClient } from '../ollama.client';
import { type OllamaServers } from '../ollama-servers';

/** Servers at http://gpu-1, http://gpu-2, … that are asked through these clients. For specs only. */
export function fleetOf(...clients: readonly object[]): OllamaFleet {
  const all = clients.map((client, index) => ({
    address: `http://gpu-${index + 1}`,
    client: client as OllamaClient,
  }));
  return new OllamaFleet({ all } as unknown as OllamaServers);
}
