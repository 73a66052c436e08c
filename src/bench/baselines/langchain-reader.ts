import { ChatOllama } from '@langchain/ollama';
import { type ReadOrder, serveReader } from './read-streams';

/** LangChain's own chat model, as its documentation uses it. */
async function readStream({ url, model, prompt }: ReadOrder): Promise<number> {
  let chunks = 0;
  for await (const _chunk of await new ChatOllama({ baseUrl: url, model }).stream(prompt)) {
    chunks += 1;
  }
  return chunks;
}

serveReader(readStream);
