import { type Arbitrary, array, assert, asyncProperty, boolean, nat, record } from 'fast-check';
import { type RunEvent, type RunPlace, RunsInOrder } from './runs-in-order';

const BEFORE_ALL: RunPlace = { run: 0, isOpen: false, since: 0 };

/** Events of a run between its start and its end. */
const BETWEEN = ['message', 'turn.started', 'turn.discarded', 'turn.failed'];

interface Course {
  /** Of each run: how many events it has between start and end, and whether it has ended. */
  readonly runs: readonly { readonly between: number; readonly hasEnded: boolean }[];
  /** At each step one of the runs that may go on is drawn. */
  readonly draws: readonly number[];
}

const course: Arbitrary<Course> = record({
  runs: array(record({ between: nat(5), hasEnded: boolean() }), { maxLength: 7 }),
  draws: array(nat(), { minLength: 60, maxLength: 60 }),
});

/** A stream in which runs begin in the order of their numbers and go on in any, with events of the experiment between them. */
function streamOf({ runs, draws }: Course): RunEvent[] {
  const left = runs.map(({ between, hasEnded }, index) => ({
    iteration: index + 1,
    types: [
      'conversation.started',
      ...Array.from({ length: between }, (_, at) => BETWEEN[at % BETWEEN.length] ?? 'message'),
      ...(hasEnded ? ['conversation.finished'] : []),
    ],
  }));
  const stream: RunEvent[] = [];
  for (const draw of draws) {
    const firstNew = left.findIndex(({ types }) => types[0] === 'conversation.started');
    const ready = left.filter(
      ({ types }, index) => types.length > 0 && (firstNew === -1 || index <= firstNew),
    );
    if (draw % 11 === 0) {
      stream.push({ seq: stream.length + 1, type: 'experiment.status' });
    }
    const run = ready[draw % Math.max(1, ready.length)];
    const type = run?.types.shift();
    if (run && type !== undefined) {
      stream.push({ seq: stream.length + 1, type, iteration: run.iteration });
    }
  }
  return stream;
}

function viewOf(stream: readonly RunEvent[], place = BEFORE_ALL) {
  return new RunsInOrder<RunEvent>(place, async function* (iteration, after, upTo) {
    yield* stream.filter((event) => event.iteration === iteration && event.seq > after && event.seq <= upTo);
  });
}

async function told(view: RunsInOrder<RunEvent>, events: readonly RunEvent[]): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for (const event of events) {
    for await (const each of view.hear(event)) {
      all.push(each);
    }
  }
  return all;
}

/** What is told when runs are made one after the other: all up to the first that has not ended. */
function inOrder(stream: readonly RunEvent[]): RunEvent[] {
  const all: RunEvent[] = [];
  for (let run = 1; ; run += 1) {
    const events = stream.filter(({ iteration }) => iteration === run);
    all.push(...events);
    if (events.at(-1)?.type !== 'conversation.finished') {
      return all;
    }
  }
}

const ofRuns = (events: readonly RunEvent[]) => events.filter(({ iteration }) => iteration !== undefined);

/** Where existing clients are after a part of the stream, as the experiment's row says it. */
function placeAfter(stream: readonly RunEvent[]): RunPlace {
  const starts = stream.filter(({ type }) => type === 'conversation.started');
  const ended = new Set(
    stream.flatMap(({ type, iteration }) => (type === 'conversation.finished' ? [iteration] : [])),
  );
  const open = starts.find(({ iteration }) => !ended.has(iteration));
  return open
    ? { run: open.iteration ?? 0, isOpen: true, since: open.seq }
    : { run: starts.length, isOpen: false, since: stream.length };
}

describe('RunsInOrder', () => {
  it('tells at every moment what would have been told of runs made one after the other', async () => {
    await assert(
      asyncProperty(course, async (given) => {
        const stream = streamOf(given);
        const view = viewOf(stream);
        const heard: RunEvent[] = [];
        for (const [index, event] of stream.entries()) {
          heard.push(...(await told(view, [event])));
          expect(ofRuns(heard)).toEqual(inOrder(stream.slice(0, index + 1)));
        }
      }),
    );
  });

  it('tells of the experiment as it happens', async () => {
    await assert(
      asyncProperty(course, async (given) => {
        const stream = streamOf(given);
        const statuses = (events: readonly RunEvent[]) =>
          events.filter(({ iteration }) => iteration === undefined);
        expect(statuses(await told(viewOf(stream), stream))).toEqual(statuses(stream));
      }),
    );
  });

  it('brings one who comes at any moment to the same end: the open run from its start, then all that follows', async () => {
    await assert(
      asyncProperty(course, nat(), async (given, moment) => {
        const stream = streamOf(given);
        const at = stream.length === 0 ? 0 : moment % stream.length;
        const place = placeAfter(stream.slice(0, at));
        const whole = inOrder(stream);
        const known = whole.filter(({ iteration = 0 }) => iteration < place.run + (place.isOpen ? 0 : 1));
        const before = { run: place.run - 1, isOpen: false, since: place.since - 1 };
        const late = place.isOpen
          ? await told(viewOf(stream, before), stream.slice(place.since - 1))
          : await told(viewOf(stream, place), stream.slice(at));
        expect([...known, ...ofRuns(late)]).toEqual(whole);

        // Those who were there before go on from the same place.
        const heardBefore = inOrder(stream.slice(0, at));
        const goingOn = await told(viewOf(stream, place), stream.slice(at));
        expect([...heardBefore, ...ofRuns(goingOn)]).toEqual(whole);
      }),
    );
  });
});
