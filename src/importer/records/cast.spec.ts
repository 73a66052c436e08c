import { type ConversationAgent } from '../../conversations/conversation.dto';
import { Cast } from './cast';

const agent = (id: string, name: string, model = 'm:1b'): ConversationAgent => ({
  id,
  name,
  color: '#10B981',
  originalName: null,
  model,
});
const idsOf = (cast: Cast) => cast.agents.map(({ id, name }) => `${id} ${name}`);

describe(Cast, () => {
  it('keeps the agents of a sound conversation as they are', () => {
    const listed = [agent('a', 'Guide'), agent('b', 'Critic'), agent('agent-2', 'System', 'System')];
    const cast = new Cast(listed, true);
    expect(cast.agents).toEqual(listed);
    expect(cast.speaker({ agentId: 'b', name: 'Critic' }, false)).toEqual(listed[1]);
    expect(cast.speaker({ agentId: 'agent-2', name: 'System' }, true)).toEqual(listed[2]);
  });

  it('gives System another id than a configured agent and tells their messages apart by the name', () => {
    const cast = new Cast(
      [agent('agent-1', 'Guide'), agent('agent-2', 'Critic'), agent('agent-2', 'System', 'System')],
      true,
    );
    expect(idsOf(cast)).toEqual(['agent-1 Guide', 'agent-2 Critic', 'agent-3 System']);
    expect(cast.speaker({ agentId: 'agent-2', name: 'System' }, true).id).toBe('agent-3');
    expect(cast.speaker({ agentId: 'agent-2', name: 'Critic' }, false).id).toBe('agent-2');
  });

  it('takes the first message for the prompt where no name tells', () => {
    const cast = new Cast([agent('agent-1', 'Guide'), agent('agent-1', 'System', 'System')], true);
    expect(cast.speaker({ agentId: 'agent-1', name: null }, true).name).toBe('System');
    expect(cast.speaker({ agentId: 'agent-1', name: null }, false).name).toBe('Guide');
  });

  it('tells configured agents with equal ids apart', () => {
    const cast = new Cast([agent('a', 'Guide'), agent('a', 'Critic')], false);
    expect(idsOf(cast)).toEqual(['a Guide', 'a-2 Critic']);
    expect(cast.speaker({ agentId: 'a', name: 'Critic' }, false).id).toBe('a-2');
  });

  it('adds System to a run that does not list it, and to no saved conversation', () => {
    expect(idsOf(new Cast([agent('agent-1', 'Guide')], true))).toEqual(['agent-1 Guide', 'agent-2 System']);
    expect(new Cast([], false).agents).toEqual([]);
  });

  it('lets an agent join that is only known from its messages, once', () => {
    const cast = new Cast([agent('a', 'Guide')], false);
    expect(cast.speaker({ agentId: 'gone', name: 'Critic' }, false)).toMatchObject({
      id: 'gone',
      name: 'Critic',
    });
    expect(cast.speaker({ agentId: null, name: null }, false)).toMatchObject({ id: 'unknown' });
    cast.speaker({ agentId: 'gone', name: 'Critic' }, false);
    cast.speaker({ agentId: null, name: null }, false);
    expect(idsOf(cast)).toEqual(['a Guide', 'gone Critic', 'unknown unknown']);
  });

  it('finds an agent by its name where the id of the message is unknown', () => {
    const cast = new Cast([agent('a', 'Guide')], false);
    expect(cast.speaker({ agentId: null, name: 'Guide' }, false).id).toBe('a');
    expect(cast.speaker({ agentId: 'other', name: 'Guide' }, false).id).toBe('a');
    expect(cast.agents).toHaveLength(1);
  });
});
