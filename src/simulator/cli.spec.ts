import { parseCommand } from './cli';
import { createSimulator } from './server';

describe('parseCommand', () => {
  it('reads every flag', () => {
    const args =
      '--port 0 --host 127.0.0.2 --models a:1b,b:3b --tokens-per-second 12.5 --load-ms 5 --slots 2 --weak strong --seed 9' +
      ' --library c,d:7b --pull-bytes-per-second 1000 --pull-tick-ms 20 --pull-verify-ms 0';

    expect(parseCommand(args.split(' '))).toEqual({
      help: false,
      port: 0,
      host: '127.0.0.2',
      settings: {
        models: ['a:1b', 'b:3b'],
        tokensPerSecond: 12.5,
        loadMs: 5,
        slots: 2,
        weak: { strength: 'strong' },
        seed: 9,
        library: ['c', 'd:7b'],
        pullBytesPerSecond: 1000,
        pullTickMs: 20,
        pullVerifyMs: 0,
      },
    });
  });

  it('has defaults', () => {
    expect(parseCommand([])).toEqual({ help: false, port: 11434, host: '127.0.0.1', settings: {} });
    expect(parseCommand(['--help'])).toEqual({ help: true });
  });

  it.each([
    [['--speed', '3'], /Unknown option '--speed'/],
    [['extra'], /Unexpected argument 'extra'/],
    [['--port', 'x'], /--port must be a number of at least 0, not "x"/],
    [['--port', '70000'], /--port must be a whole number from 0 to 65535/],
    [['--slots', '0'], /--slots: slots must be a number of at least 1/],
    [['--weak', 'awful'], /--weak: weak.strength must be one of mild, moderate, strong/],
    [['--pull-tick-ms', '0'], /--pull-tick-ms: pullTickMs must be a number from 1/],
    [['--models', 'a b'], /--models: "a b" is not a model name/],
  ])('refuses %j with a clear message', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message);
  });
});

describe('createSimulator', () => {
  it('takes the seed of the weak mode from the general one', async () => {
    const simulator = createSimulator({ seed: 9, weak: { strength: 'mild' } });
    const url = await simulator.listen(0);
    const config: unknown = await (await fetch(`${url}/_sim/config`)).json();
    await simulator.close();

    expect(config).toMatchObject({ weak: { strength: 'mild', seed: 9 } });
  });

  it('says so when the port is taken', async () => {
    const first = createSimulator();
    const port = Number(new URL(await first.listen(0)).port);

    await expect(createSimulator().listen(port)).rejects.toThrow(/EADDRINUSE/);
    await first.close();
  });
});
