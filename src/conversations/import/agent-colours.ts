/** Degrees between the hues of neighbours: the golden angle keeps any number of them apart. */
const HUE_STEP = 137.508;

/** The colour of the agent with this number, always the same; neighbours differ well. */
export function agentColour(index: number): string {
  const hue = (index * HUE_STEP) % 360;
  const channel = (shift: number) => {
    const k = (shift + hue / 30) % 12;
    // Saturation 65 %, lightness 50 %.
    const value = 0.5 - 0.325 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`.toUpperCase();
}
