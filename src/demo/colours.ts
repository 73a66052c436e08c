/** How many colours the output shows, in bits, as Node's `getColorDepth` counts: 1 = none, 4, 8 or 24. */
export type ColourDepth = number;

/** Puts escape codes around texts, or leaves them as they are where no colours are wanted. */
export interface Paint {
  /** `colour` is `#RRGGBB`. */
  coloured(colour: string, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

/** What is asked about the terminal; `process.stdout` fits. */
interface Output {
  readonly isTTY?: boolean;
  getColorDepth?(): ColourDepth;
}

const NO_COLOURS = 1;
const SIXTEEN = 4;
const PALETTE = 8;
const TRUE_COLOUR = 24;

/** NO_COLOR wins; without a terminal there are colours only where FORCE_COLOR asks for them. */
export function colourDepth(output: Output, env: Readonly<Record<string, string | undefined>>): ColourDepth {
  const forced = env['FORCE_COLOR'];
  if (env['NO_COLOR'] || forced === '0' || forced === 'false') {
    return NO_COLOURS;
  }
  if (output.isTTY === true) {
    return output.getColorDepth?.() ?? SIXTEEN;
  }
  if (forced === undefined) {
    return NO_COLOURS;
  }
  return { 2: PALETTE, 3: TRUE_COLOUR }[forced] ?? SIXTEEN;
}

export function createPaint(depth: ColourDepth): Paint {
  const wrap = (code: string, text: string) =>
    depth === NO_COLOURS || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
  return {
    coloured: (colour, text) => wrap(foreground(colour, depth), text),
    bold: (text) => wrap('1', text),
    dim: (text) => wrap('2', text),
  };
}

function foreground(colour: string, depth: ColourDepth): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) || 0);
  if (depth >= TRUE_COLOUR) {
    return `38;2;${red};${green};${blue}`;
  }
  if (depth >= PALETTE) {
    return `38;5;${16 + 36 * paletteStep(red) + 6 * paletteStep(green) + paletteStep(blue)}`;
  }
  // Of the basic colours, the one made of the channels that are strong in this one.
  const strong = Math.max(red, green, blue) / 2;
  return String(30 + (red > strong ? 1 : 0) + (green > strong ? 2 : 0) + (blue > strong ? 4 : 0));
}

/** The palette has six steps of each channel. */
function paletteStep(channel: number): number {
  return Math.round((channel / 255) * 5);
}
