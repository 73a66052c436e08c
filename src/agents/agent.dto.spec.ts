import { ValidationFailedError } from '../common/errors/domain-error';
import { validateRequest } from '../common/validation/validate-request';
import { AgentModel, toAgent, toStoredAgent } from './agent.dto';

const OLD = { id: '1', name: 'Ann', prompt: 'You are Ann.', color: '#10B981', model: 'm:1b' };

const read = (more: Record<string, unknown>) => validateRequest({ ...OLD, ...more }, AgentModel, 'body');

function problemsOf(more: Record<string, unknown>) {
  try {
    read(more);
  } catch (error) {
    if (error instanceof ValidationFailedError) {
      return error.problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`);
    }
    throw error;
  }
  return [];
}

describe(AgentModel.name, () => {
  it('is stored without what was not sent, so that existing clients read back what they know', () => {
    const nulls = {
      description: null,
      history: null,
      attribution: null,
      thinking: null,
      response_format: null,
    };
    for (const more of [{}, nulls]) {
      expect(toStoredAgent(read(more))).toEqual({ ...OLD, temperature: null, options: {} });
      expect(Object.keys(toStoredAgent(read(more)))).toEqual([...Object.keys(OLD), 'temperature', 'options']);
    }
  });

  it('is stored as it was sent, and known to the team in the same way', () => {
    const more = {
      description: 'Knows Lisbon.',
      history: { last: 3, from: ['Bob'] },
      attribution: 'system',
      thinking: 'own',
      response_format: { type: 'object', properties: { score: { type: 'integer' } } },
    };
    const stored = toStoredAgent(read(more));
    expect(stored).toEqual({ ...OLD, temperature: null, options: {}, ...more });
    expect(toAgent(stored)).toEqual({ ...OLD, options: {}, ...more });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ description: '  ' }, 'body.description: Value error, must not be blank'],
    [{ description: 'x'.repeat(2_001) }, 'body.description: String should have at most 2000 characters'],
    [{ history: { lst: 3 } }, "body.history.lst: unknown field 'lst'; did you mean 'last'?"],
    [{ history: { last: -1 } }, 'body.history.last: Input should be greater than or equal to 0'],
    [{ history: { from: 'Bob' } }, 'body.history.from: Input should be a valid list'],
    [{ history: 3 }, 'body.history: Input should be a valid dictionary or object to extract fields from'],
    [{ attribution: 'name' }, "body.attribution: Input should be 'prefix', 'system' or 'none'"],
    [{ thinking: true }, "body.thinking: Input should be 'drop', 'own' or 'share'"],
    [{ response_format: 'json' }, 'body.response_format: Value error, a JSON schema is an object'],
    [
      { response_format: { type: 'object', properties: { a: { pattern: 'x' } } } },
      'body.response_format: Value error, at /properties/a/pattern: "pattern" is not supported',
    ],
  ])('refuses %j and names the field', (more, problem) => {
    expect(problemsOf(more)).toEqual([problem]);
  });
});
