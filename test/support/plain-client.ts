export { DashboardView, type Frame, PlainClient } from '../../src/torture/clients/plain-client';
