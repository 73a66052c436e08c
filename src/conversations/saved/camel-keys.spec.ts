import { conversationWithCamelKeys } from './camel-keys';

describe('conversationWithCamelKeys', () => {
  it('renames the fields of a conversation, its agents and its messages', () => {
    expect(
      conversationWithCamelKeys({
        created_at: 1,
        imported_at: 2,
        agents: [{ original_name: 3 }, 'no agent'],
        messages: [{ agent_id: 4, content: 5 }],
      }),
    ).toMatchObject({
      createdAt: 1,
      importedAt: 2,
      agents: [{ originalName: 3 }, 'no agent'],
      messages: [{ agentId: 4, content: 5 }],
    });
  });

  it('prefers camelCase where both are there', () => {
    expect(conversationWithCamelKeys({ created_at: 'old', createdAt: 'new' })).toMatchObject({
      createdAt: 'new',
    });
  });

  it.each([5, null, 'text', [[1]], undefined])('leaves %j as it is', (value) => {
    expect(conversationWithCamelKeys(value)).toEqual(value);
  });
});
