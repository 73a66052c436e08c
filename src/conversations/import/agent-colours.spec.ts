import { agentColour } from './agent-colours';

describe('agentColour', () => {
  it('gives every agent another colour, always the same', () => {
    const colours = Array.from({ length: 64 }, (_, index) => agentColour(index));
    expect(new Set(colours).size).toBe(64);
    expect(colours.every((colour) => /^#[\dA-F]{6}$/.test(colour))).toBe(true);
    expect(colours.slice(0, 2)).toEqual(['#D22D2D', agentColour(1)]);
  });
});
