// Room for slow, shared machines; nothing in the tests waits for time to pass.
jest.setTimeout(60_000);
