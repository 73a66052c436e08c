export { EventLog } from '../../src/torture/clients/event-log';
