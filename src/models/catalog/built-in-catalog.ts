import { type CatalogEntry } from './model-catalog.entity';

/** A family of models in Ollama's library, with the tags of its variants. */
interface Family {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
}

/** Well-known families, so that a fresh server without a fetched catalog has something to offer. */
const FAMILIES: readonly Family[] = [
  {
    id: 'llama3.2',
    name: 'Llama 3.2',
    description: 'Small text models of Meta.',
    tags: ['1b', '3b'],
  },
  {
    id: 'llama3.1',
    name: 'Llama 3.1',
    description: 'Text models of Meta with a long context.',
    tags: ['8b', '70b', '405b'],
  },
  { id: 'llama3.3', name: 'Llama 3.3', description: 'A large text model of Meta.', tags: ['70b'] },
  { id: 'llama2', name: 'Llama 2', description: 'An older family of Meta.', tags: ['7b', '13b', '70b'] },
  {
    id: 'qwen3',
    name: 'Qwen 3',
    description: 'Models of Alibaba that can think before they answer.',
    tags: ['0.6b', '1.7b', '4b', '8b', '14b', '32b'],
  },
  {
    id: 'qwen2.5',
    name: 'Qwen 2.5',
    description: 'Models of Alibaba for many languages.',
    tags: ['0.5b', '1.5b', '3b', '7b', '14b', '32b', '72b'],
  },
  {
    id: 'qwen2.5-coder',
    name: 'Qwen 2.5 Coder',
    description: 'Models of Alibaba for code.',
    tags: ['1.5b', '7b', '14b', '32b'],
  },
  {
    id: 'gemma3',
    name: 'Gemma 3',
    description: 'Models of Google; from 4B on they also read images.',
    tags: ['1b', '4b', '12b', '27b'],
  },
  { id: 'gemma2', name: 'Gemma 2', description: 'Text models of Google.', tags: ['2b', '9b', '27b'] },
  { id: 'mistral', name: 'Mistral', description: 'The first model of Mistral AI.', tags: ['7b'] },
  {
    id: 'mistral-nemo',
    name: 'Mistral Nemo',
    description: 'A model of Mistral AI and NVIDIA with a long context.',
    tags: ['12b'],
  },
  {
    id: 'mistral-small',
    name: 'Mistral Small',
    description: 'Models of Mistral AI.',
    tags: ['22b', '24b'],
  },
  {
    id: 'mixtral',
    name: 'Mixtral',
    description: 'Mixtures of experts of Mistral AI.',
    tags: ['8x7b', '8x22b'],
  },
  { id: 'phi4', name: 'Phi 4', description: 'A text model of Microsoft.', tags: ['14b'] },
  { id: 'phi4-mini', name: 'Phi 4 Mini', description: 'A small text model of Microsoft.', tags: ['3.8b'] },
  { id: 'phi3', name: 'Phi 3', description: 'Text models of Microsoft.', tags: ['3.8b', '14b'] },
  {
    id: 'deepseek-r1',
    name: 'DeepSeek R1',
    description: 'Models of DeepSeek that think before they answer.',
    tags: ['1.5b', '7b', '8b', '14b', '32b', '70b', '671b'],
  },
  {
    id: 'gpt-oss',
    name: 'gpt-oss',
    description: 'Open models of OpenAI that think before they answer.',
    tags: ['20b', '120b'],
  },
  {
    id: 'codellama',
    name: 'Code Llama',
    description: 'Models of Meta for code.',
    tags: ['7b', '13b', '34b'],
  },
  { id: 'llava', name: 'LLaVA', description: 'Models that read images.', tags: ['7b', '13b', '34b'] },
  { id: 'tinyllama', name: 'TinyLlama', description: 'A very small text model.', tags: ['1.1b'] },
  {
    id: 'smollm2',
    name: 'SmolLM2',
    description: 'Very small text models of Hugging Face.',
    tags: ['135m', '360m', '1.7b'],
  },
  {
    id: 'nomic-embed-text',
    name: 'Nomic Embed Text',
    description: 'For embeddings only; it cannot chat.',
    tags: ['latest'],
  },
  {
    id: 'mxbai-embed-large',
    name: 'mxbai Embed Large',
    description: 'For embeddings only; it cannot chat.',
    tags: ['latest'],
  },
];

/** Nothing is said that may change with an upload: sizes, quantization and numbers of pulls are left open. */
export const BUILT_IN_CATALOG: readonly CatalogEntry[] = FAMILIES.flatMap(({ id, name, description, tags }) =>
  tags.map((tag) => ({
    name: tag === 'latest' ? name : `${name} ${tag.toUpperCase().replaceAll('X', 'x')}`,
    tag: `${id}:${tag}`,
    size: null,
    family: id,
    quant: null,
    description,
    notes: null,
    pull_count: 0,
  })),
);
