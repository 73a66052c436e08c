import { HELP, parseCommand } from './cli';
import { createSimulator } from './server';

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command.help) {
    console.log(HELP);
    return;
  }
  const simulator = createSimulator(command.settings);
  const url = await simulator.listen(command.port, command.host);
  console.log(`Ollama simulator listening on ${url}`);
  // At once: whatever still runs is only simulated.
  process.on('SIGTERM', () => process.exit(0));
  process.on('SIGINT', () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
