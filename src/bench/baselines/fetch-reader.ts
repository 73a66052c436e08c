import { type ReadOrder, serveReader } from './read-streams';

/** The least that a reader of Ollama's streams can do with what Node brings: fetch, decode, split into lines. */
async function readStream({ url, model, prompt }: ReadOrder): Promise<number> {
  const response = await fetch(`${url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], stream: true }),
  });
  const decoder = new TextDecoder();
  let lines = 0;
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    lines += parts.length;
  }
  return lines;
}

serveReader(readStream);
