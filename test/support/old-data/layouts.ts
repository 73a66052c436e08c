import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type OldFolder } from './old-folder';
import {
  OLD_SYSTEM,
  oldAgent,
  oldExperiment,
  oldMessage,
  oldPull,
  oldRun,
  oldSaved,
  oldSpeaker,
} from './old-records';

/** The layout that the last releases wrote. */
export function writeCurrentLayout(folder: OldFolder): void {
  folder.write('experiments_index.json', [
    { id: 'twelve', title: 'Stale title', created_at: '2020-01-01T00:00:00', status: 'running' },
    { id: 'deleted', title: 'Deleted', created_at: '2020-01-01T00:00:00', status: 'completed' },
  ]);
  folder.write('experiments/twelve/experiment.json', oldExperiment('twelve', { iterations: 12 }));
  for (let iteration = 1; iteration <= 12; iteration += 1) {
    folder.write(`experiments/twelve/conversations/${iteration}.json`, oldRun('twelve', iteration));
  }
  folder.write(
    'experiments/dataset/experiment.json',
    oldExperiment('dataset', {
      iterations: 1,
      task: {
        id: '',
        prompt: 'Answer',
        datasetItems: [
          { task: '1 + 1', answer: '2' },
          { task: '2 + 2', answer: null },
        ],
      },
      agents: [
        oldAgent('agent', { id: 'agent-1', name: 'Solver', temperature: 0.5 }),
        oldAgent('Checker', { id: 'agent-2' }),
      ],
    }),
  );
  // The id of System equals that of a configured agent, and no message says when it was.
  folder.write(
    'experiments/dataset/conversations/1.json',
    oldRun('dataset', 1, {
      title: 'Dataset item 1',
      agents: [oldSpeaker('Solver', { id: 'agent-1' }), oldSpeaker('Checker', { id: 'agent-2' }), OLD_SYSTEM],
      messages: [
        oldMessage('d0', 'agent-2', 'System', '1 + 1'),
        oldMessage('d1', 'agent-1', 'Solver', '2'),
        oldMessage('d2', 'agent-2', 'Checker', 'Right'),
      ],
    }),
  );
  folder.write(
    'experiments/running/experiment.json',
    oldExperiment('running', { status: 'running', completed_at: undefined, iterations: 3 }),
  );
  folder.write('experiments/running/conversations/1.json', oldRun('running', 1));
  folder.write(
    'experiments/failed/experiment.json',
    oldExperiment('failed', { status: 'error', error: 'experiment_timeout', completed_at: undefined }),
  );
  folder.write('experiments/odd/experiment.json', oldExperiment('odd', { status: 'archived' }));
  folder.write(
    'experiments/script/experiment.json',
    oldExperiment('script', { task: undefined, agents: undefined, iterations: undefined }),
  );
  folder.write('experiments/script/conversations/1.json', oldRun('script', 1));
  folder.write('experiments/script/conversations/2.json', oldRun('script', 2));
  // To be ignored.
  folder.write('.locks/twelve.lock', '');
  folder.write('experiments/twelve/experiment.json.lock', '');
  folder.write('experiments/twelve/experiment.json.tmp', '{"id": ');
  folder.write('models/blob.json', '{}');
}

/** Conversations that clients saved, in both kinds of file names and both key cases. */
export function writeSaved(folder: OldFolder): void {
  folder.write('imported_conversations/c1.json', oldSaved('c1'));
  folder.write(
    'imported_conversations/c2.json',
    oldSaved('c2', { imported_at: null, source: null, created_at: '2026-01-20T09:00:00', tags: ['x'] }),
  );
  folder.write('imported_conversations/2025-03-04_10-11-12_My talk.json', {
    id: '../talk 7',
    title: 'My talk',
    agents: [{ id: 'a1', name: 'Guide', color: '#3B82F6', originalName: null, model: 'm:1b' }],
    messages: [
      { id: 't1', agentId: 'a1', content: 'Hello', timestamp: '2025-03-04T10:11:12', model: 'Guide' },
      { agentId: 'gone', content: 'Who am I?', timestamp: 'soon' },
      { content: 'And I?' },
      { agentId: 'a1' },
    ],
    createdAt: '2025-03-04T10:11:12',
    importedAt: '2025-03-04T10:12:00',
    source: 'import',
  });
  // An edited copy of a run that is there, and one of a run whose own file is gone.
  folder.write('imported_conversations/odd_3.json', oldSaved('odd_3', { title: 'All that is left' }));
  folder.write(
    'imported_conversations/twelve_10.json',
    oldSaved('twelve_10', { title: 'The tenth, edited' }),
  );
}

/** The layout that grouped files by the title of the experiment; times without a zone are UTC. */
export function writeGroupedLayout(folder: OldFolder): void {
  folder.write('experiments/A trip/grouped.json', oldExperiment('grouped', { iterations: 2 }));
  folder.write('experiments/A trip/grouped-two.json', oldExperiment('grouped-two'));
  folder.write(
    'experiments/A trip/002_conversation.json',
    oldRun('grouped', 2, { id: 'uuid-2', iteration: null, created_at: undefined }),
  );
  folder.write(
    'experiments/A trip/001_conversation.json',
    oldRun('grouped', 1, { id: 'uuid-1', iteration: null, created_at: undefined }),
  );
  folder.write(
    'conversations/A trip/001_conversation.json',
    oldRun('grouped-two', 1, { id: 'uuid-3', created_at: undefined }),
  );
}

/** The flat layout; times without a zone are UTC. */
export function writeFlatLayout(folder: OldFolder): void {
  folder.write('experiments/flat.json', oldExperiment('flat', { iterations: 2 }));
  folder.write(
    'conversations/b.json',
    oldRun('flat', 2, { id: 'b', iteration: null, created_at: undefined, createdAt: '2026-01-22T19:05:00' }),
  );
  folder.write(
    'conversations/a.json',
    oldRun('flat', 1, { id: 'a', iteration: null, created_at: undefined, createdAt: '2026-01-22T19:06:00' }),
  );
  folder.write('conversations/loose.json', oldSaved('loose', { created_at: '2026-01-20T09:00:00' }));
  folder.write('conversations/orphan.json', oldRun('nowhere', 1, { id: 'orphan' }));
}

/** Pulls in every state and a catalog. */
export function writeModels(folder: OldFolder): void {
  folder.write('pull_tasks.json', {
    p1: oldPull('p1'),
    p2: oldPull('p2', { status: 'running', completed_at: null }),
    p3: oldPull('p3', {
      status: 'pending',
      progress: null,
      started_at: null,
      completed_at: null,
      last_progress_update: null,
    }),
    p4: oldPull('p4', { status: 'error', error: 'no such model' }),
    p5: oldPull('p5', { status: 'cancelled' }),
    p6: oldPull('p6', { model_name: 7 }),
  });
  folder.write('model_catalog.json', {
    models: [
      { name: 'Small', tag: 'small:1b', size: null, family: 'small', quant: null, pullCount: 5 },
      { name: 'Large', tag: 'large:70b', size: 40e9, family: 'large', quant: 'q4', pull_count: 9 },
      { name: 'Nameless' },
    ],
    updated_at: '2026-01-22T19:00:00',
    model_count: 3,
  });
}

/** Files that are broken, half, empty, or of the wrong shape, and links that lead out. */
export function writeBroken(folder: OldFolder, outside: string): void {
  folder.write('experiments/empty/experiment.json', '');
  folder.write('experiments/half/experiment.json', '{"id": "half", "title": "Ha');
  folder.write('experiments/half/conversations/1.json', oldRun('half', 1));
  folder.write('experiments/list/experiment.json', []);
  folder.write('experiments/bytes/experiment.json', Buffer.from([0x7b, 0xff, 0xfe]));
  folder.write('experiments/blank/experiment.json', {});
  folder.write('experiments/absurd/experiment.json', oldExperiment('x'.repeat(300)));
  folder.write('experiments/missing/conversations/1.json', oldRun('missing', 1));
  folder.write(
    'experiments/sound/experiment.json',
    oldExperiment('sound', { title: 'Sound, but for its runs' }),
  );
  folder.write('experiments/sound/conversations/1.json', oldRun('sound', 1));
  folder.write(
    'experiments/sound/conversations/2.json',
    oldRun('sound', 2, {
      messages: [
        oldMessage('w0', 'agent-2', 'System', 'Plan'),
        { ...oldMessage('w1', 'guide', 'Guide', ''), content: { text: 'x' } },
      ],
    }),
  );
  folder.write('experiments/sound/conversations/3.json', oldRun('sound', 3, { messages: 'none' }));
  folder.write('experiments/sound/conversations/4.json', oldRun('sound', 4, { title: 'a\u0000b' }));
  folder.write('experiments/sound/conversations/notes.json', {});
  folder.write('imported_conversations/twice.json', oldSaved('c1'));
  folder.write('imported_conversations/long.json', oldSaved('long', { title: 'x'.repeat(501) }));
  mkdirSync(join(folder.path, 'imported_conversations/folder.json'));
  symlinkSync(outside, join(folder.path, 'imported_conversations/out.json'));
  symlinkSync(join(folder.path, 'nowhere'), join(folder.path, 'imported_conversations/broken-link.json'));
}

/** Everything above in one data directory. */
export function writeEverything(folder: OldFolder, outside: string): void {
  writeCurrentLayout(folder);
  writeSaved(folder);
  writeGroupedLayout(folder);
  writeFlatLayout(folder);
  writeModels(folder);
  writeBroken(folder, outside);
}
