/** Fields of a dataset item that prompts may name. */
export type ItemFields = Readonly<Record<string, string | number | boolean | null>>;
