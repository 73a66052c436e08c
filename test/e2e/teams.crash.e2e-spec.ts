import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { storedRows } from '../support/stored-rows';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';
import { finished } from '../support/with-server';

interface StoredTurn {
  readonly turn: number;
  readonly attempt: number;
  readonly speaker: string;
  readonly state: string;
}

describe('a server that is killed in the middle of a team', () => {
  const around = withDataFolder();
  const start = () => startServer(around.simulator.url, around.folder);
  const storedTurns = (id: string) =>
    storedRows<StoredTurn>(
      around.folder,
      'SELECT turn, attempt, speaker, state FROM turns WHERE conversation_id = ? ORDER BY turn, attempt',
      `${id}_1`,
    );

  /** Waits until the turns are as a test wants them: asking the simulator is the pause between two looks. */
  const until = async (id: string, holds: (turns: StoredTurn[]) => boolean) => {
    while (!holds(storedTurns(id))) {
      await around.simulator.stats();
    }
  };

  const names = ['Lead', 'Left', 'Right', 'Ann', 'Bob', 'Close'];
  const graph = {
    type: 'graph',
    nodes: [
      { id: 'Lead' },
      { id: 'Left' },
      { id: 'Right' },
      { id: 'pair', run: { type: 'round_robin', name: 'pair', participants: ['Ann', 'Bob'], max_turns: 4 } },
      { id: 'Close' },
    ],
    edges: [
      { from: 'Lead', to: 'Left' },
      { from: 'Lead', to: 'Right' },
      { from: 'Lead', to: 'pair' },
      { from: 'Left', to: 'Close' },
      { from: 'Right', to: 'Close' },
      { from: 'pair', to: 'Close' },
    ],
  };
  const request = anExperiment({
    agents: names.map((name) => anAgent(name)),
    chat_rules: undefined,
    team: graph,
    seed: 5,
  });
  const order = ['Lead', 'Left', 'Right', 'Ann', 'Bob', 'Ann', 'Bob', 'Close'];

  /** Bob's first answer, by which his second turn is known. */
  const FIRST = 'Bob has begun.';
  const bob = { system: 'You are Bob.' };

  it.each([
    ['in a parallel step: what has ended is kept, what has not is made again', 'Right', 3, {}, 'Left'],
    ['in the second turn of a nested team beside it', 'Bob', 5, {}, null],
    ['in the last turn of a nested team', 'Bob', 7, { contains: FIRST }, null],
  ])('goes on as if nothing had happened, killed %s', async (_where, heldAgent, turn, more, kept) => {
    const server = await start();
    await around.simulator.script({ match: bob, text: FIRST }, { match: bob, text: 'Bob has ended.' });
    const undisturbed = await finished(server, await server.api.start(request));
    const spoken = undisturbed.events.flatMap((event) =>
      event.type === 'turn.started' ? [event.agent_name] : [],
    );
    expect(spoken).toEqual(order);

    // The last answer counts for the attempt that is killed or for the one after it.
    await around.simulator.script(
      { match: bob, text: FIRST },
      { match: { ...bob, contains: FIRST }, text: 'Bob has ended.', times: 2 },
      { match: bob, text: FIRST },
    );
    await around.simulator.control('hold', {
      afterTokens: 2,
      match: { system: `You are ${heldAgent}.`, ...more },
    });
    const id = await server.api.start(request);
    await around.simulator.waitUntil('heldChats', 1);
    await until(
      id,
      (turns) => kept === null || turns.some((row) => row.speaker === kept && row.state === 'held'),
    );
    expect(await server.stop('SIGKILL')).toBeNull();
    const atKill = storedTurns(id);
    expect(atKill.find((row) => row.turn === turn)).toMatchObject({ speaker: heldAgent, state: 'running' });
    await around.simulator.control('release');

    const again = await start();
    const { experiment, events } = await finished(again, id);
    expect(experiment.conversations.map(said)).toEqual(undisturbed.experiment.conversations.map(said));
    expect(experiment.conversations[0]?.endReason).toEqual({ type: 'graph_complete', turn: 8 });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const turns = storedTurns(id);
    expect(turns.filter(({ state }) => state === 'completed').map(({ speaker }) => speaker)).toEqual(order);
    const madeAgain = turns.filter(({ attempt }) => attempt > 1).map((row) => row.turn);
    expect(madeAgain).toEqual(atKill.filter(({ state }) => state === 'running').map((row) => row.turn));
    await again.stop();
  });
});
