const FILLER = new Set(
  `a about above after again against agree all almost also although always am among an and another answer any anyone anything are around as ask
  at away back be because been before begin being best better between both brief briefly but by can chat clear close come consider
  conversation could create debate decide describe describes did different discuss discussion do does doing done down each easy either
  else end enough even ever every everyone everything example explain explore far few find first follow for from further general get
  give gives go going good great had hard has have having he hello help helps her here hers him his hold how however i if imagine
  important in instead interesting into is it its itself just keep know last least less let like list little look looks made
  make makes many matter matters may maybe me mean means might mind mine more most mostly much must my name need needs never new next no none nor
  not nothing now of off often on once one only or other others our out over own part people perhaps person picture place plan please point
  points probably proposal propose put question questions quite rather read really reason reply respond right said same say
  says see seem seems sentence sentences several shall she short should show side since slightly small so some somebody someone something
  start statement still such suggest summary sure take talk task tell than thank thanks that the their them then there these they
  thing things think this those though three through time to together too topic try turn two under until up us use user very view
  want was way we well were what when where which while who whole whom whose why will with within without word words work
  would write year yes yet you your yours yourself`.split(/\s+/),
);

const TYPICAL_NOUN = /(?:tion|ment|ness|ity|ship|ism|ance|ence|ture|logy|phy|ing|ers?|s)$/;

interface Candidate {
  words: string[];
  score: number;
}

/** A word or two that the text is about, in small letters; undefined where nothing stands out. */
export function findTopic(text: string, avoid = ''): string | undefined {
  // A prompt can be megabytes; its beginning is enough to know what it is about.
  const words = (text.slice(0, 2000).match(/[\p{L}][\p{L}'-]*|[.,:;!?]/gu) ?? []).map((word) =>
    word.toLowerCase(),
  );
  const counts = new Map<string, number>();
  words.forEach((word) => counts.set(word, (counts.get(word) ?? 0) + 1));
  let best: Candidate | undefined;
  for (const [index, word] of words.entries()) {
    if (!isTelling(word) || avoid.includes(word)) {
      continue;
    }
    const before = words[index - 1];
    const isPair = before !== undefined && isTelling(before) && !/(?:s|ing|ly)$/.test(before);
    const score =
      (counts.get(word) ?? 0) +
      (TYPICAL_NOUN.test(word) ? 2 : 0) +
      (isPair ? 1 : 0) +
      Math.min(word.length, 9) / 10;
    if (!best || score > best.score) {
      best = { words: isPair ? [before, word] : [word], score };
    }
  }
  return best?.words.join(' ');
}

function isTelling(word: string): boolean {
  return word.length >= 4 && !FILLER.has(word) && !word.includes("'");
}
