import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { type FieldProblem, ValidationFailedError } from '../errors/domain-error';
import { type DtoClass, StrictObject } from './dto-fields';
import { FloatField, IntField, ObjectField, ObjectListField, TextField } from './fields';
import { validateRequest } from './validate-request';

class AgentDto {
  @TextField()
  id!: string;

  @TextField({ trim: true, nonBlank: true })
  model!: string;
}

@StrictObject()
class OptionsDto {
  @FloatField({ optional: true, nullable: true })
  temperature?: number | null;

  @IntField({ optional: true })
  top_k?: number;
}

class TeamDto {
  @ObjectListField(() => AgentDto, { minItems: 1, maxItems: 3 })
  agents!: AgentDto[];

  @ObjectField(() => OptionsDto, { optional: true, nullable: true })
  options?: OptionsDto | null;

  @ObjectListField(() => TeamDto, { optional: true, nullable: true })
  teams?: TeamDto[] | null = null;
}

function problemsOf(raw: unknown, dto: DtoClass): readonly FieldProblem[] {
  try {
    validateRequest(raw, dto, 'body');
  } catch (error) {
    if (error instanceof ValidationFailedError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

const agent = { id: 'a', model: 'm' };

describe('fields that hold objects', () => {
  it('makes instances of the classes, to any depth', () => {
    const team = validateRequest({ agents: [agent], teams: [{ agents: [agent, agent] }] }, TeamDto, 'body');
    expect(team.agents[0]).toBeInstanceOf(AgentDto);
    expect(team.teams?.[0]).toBeInstanceOf(TeamDto);
    expect(team.teams?.[0]?.agents[1]).toBeInstanceOf(AgentDto);
    expect(team.teams?.[0]?.teams).toBeNull();
  });

  it.each([
    [{ agents: [[]] }, 'model_attributes_type', ['body', 'agents', 0]],
    [{ agents: [[agent]] }, 'model_attributes_type', ['body', 'agents', 0]],
    [{ agents: [agent, null] }, 'model_attributes_type', ['body', 'agents', 1]],
    [{ agents: ['x'] }, 'model_attributes_type', ['body', 'agents', 0]],
    [{ agents: [3] }, 'model_attributes_type', ['body', 'agents', 0]],
    [{ agents: {} }, 'list_type', ['body', 'agents']],
    [{ agents: { 0: agent, length: 1 } }, 'list_type', ['body', 'agents']],
    [{ agents: 'x' }, 'list_type', ['body', 'agents']],
    [{ agents: null }, 'list_type', ['body', 'agents']],
    [{ agents: [] }, 'too_short', ['body', 'agents']],
    [{ agents: [agent, agent, agent, agent] }, 'too_long', ['body', 'agents']],
    [{}, 'missing', ['body', 'agents']],
    [{ agents: [{ id: 'a' }] }, 'missing', ['body', 'agents', 0, 'model']],
    [{ agents: [agent, { id: 'a', model: 3 }] }, 'string_type', ['body', 'agents', 1, 'model']],
    [{ agents: [agent], options: [] }, 'model_attributes_type', ['body', 'options']],
    [{ agents: [agent], options: 'x' }, 'model_attributes_type', ['body', 'options']],
    [
      { agents: [agent], options: { temperature: 'warm' } },
      'float_parsing',
      ['body', 'options', 'temperature'],
    ],
    [
      {
        agents: [agent],
        teams: [{ agents: [agent] }, { agents: [agent], teams: [{ agents: [{ id: 'a', model: ' ' }] }] }],
      },
      'value_error',
      ['body', 'teams', 1, 'teams', 0, 'agents', 0, 'model'],
    ],
  ])('refuses %j with %s', (raw, type, loc) => {
    expect(problemsOf(raw, TeamDto)).toEqual([expect.objectContaining({ type, loc })]);
  });

  it('names all problems at once', () => {
    const problems = problemsOf(
      { agents: [{ model: '' }, { id: 1, model: 'm' }], options: { top_k: 'x' } },
      TeamDto,
    );
    expect(problems.map(({ loc }) => loc.join('.'))).toEqual([
      'body.agents.0.id',
      'body.agents.0.model',
      'body.agents.1.id',
      'body.options.top_k',
    ]);
  });

  it.each([
    [undefined, 'missing'],
    [null, 'dict_type'],
    [[], 'dict_type'],
    ['x', 'dict_type'],
    [3, 'dict_type'],
    [new TeamDto(), 'dict_type'],
  ])('refuses %p in place of an object with %s', (raw, type) => {
    expect(problemsOf(raw, TeamDto)).toEqual([expect.objectContaining({ type, loc: ['body'] })]);
  });

  it('answers at most 100 problems, and soon', () => {
    const wrong = { agents: [agent], teams: Array.from({ length: 20_000 }, () => ({ agents: [{}, []] })) };
    expect(problemsOf(wrong, TeamDto)).toHaveLength(100);
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field${index}`, 1]));
    expect(problemsOf({ agents: [agent], options: unknown }, TeamDto)).toHaveLength(100);
  });
});

describe('unknown fields', () => {
  it('are left out of ordinary objects', () => {
    const raw: unknown = JSON.parse(
      '{"agents":[{"id":"a","model":"m","constructor":"x","prototype":{"polluted":true},"then":1}],"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1}',
    );
    const team = validateRequest(raw, TeamDto, 'body');
    expect(Object.keys(team).toSorted()).toEqual(['agents', 'teams']);
    expect(Object.entries(team.agents[0] ?? {})).toEqual(Object.entries(agent));
    expect('polluted' in {}).toBe(false);
  });

  it('of a strict object are named with the nearest known one', () => {
    expect(problemsOf({ agents: [agent], options: { temprature: 1, top_k: 3 } }, TeamDto)).toEqual([
      {
        type: 'extra_forbidden',
        loc: ['body', 'options', 'temprature'],
        msg: "unknown field 'temprature'; did you mean 'temperature'?",
        input: 1,
      },
    ]);
  });

  it('of a strict object that resemble none are answered with all known ones', () => {
    expect(problemsOf({ agents: [agent], options: { constructor: 1 } }, TeamDto)[0]?.msg).toBe(
      "unknown field 'constructor'; known fields: temperature, top_k",
    );
  });

  it('are refused by a class that extends a strict one', () => {
    class MoreOptionsDto extends OptionsDto {
      @IntField({ optional: true })
      seed?: number;
    }
    expect(validateRequest({ seed: '1', top_k: 2 }, MoreOptionsDto, 'body')).toEqual({ seed: 1, top_k: 2 });
    expect(problemsOf({ sed: 1 }, MoreOptionsDto)[0]?.msg).toBe("unknown field 'sed'; did you mean 'seed'?");
  });
});

describe('DTO classes', () => {
  it('are ordinary classes of class-transformer and class-validator', () => {
    const raw = { agents: [{ id: 'a', model: ' m ' }], options: { temperature: '0.5' } };
    const team = plainToInstance(TeamDto, raw);
    expect(validateSync(team)).toEqual([]);
    expect(team).toEqual(validateRequest(raw, TeamDto, 'body'));
    expect(validateSync(plainToInstance(TeamDto, { agents: [{ id: 'a', model: ' ' }] }))).not.toEqual([]);
  });
});
