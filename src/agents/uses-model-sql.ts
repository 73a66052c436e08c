/**
 * A condition in SQL: a column with a JSON list of agents has one of a model. It has one parameter, the full name of the model
 * in lower case (`fullModelName`); agents may name it without `:latest`.
 */
export function usesModelSql(column: string): string {
  const name = `lower(json_extract(agent.value, '$.model'))`;
  return `EXISTS (SELECT 1 FROM json_each(${column}) agent WHERE ? IN (${name}, ${name} || ':latest'))`;
}
