import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../src/data/attention';
import { escapeJson, escapeMarkup } from '../../src/export/markup';
import { PLAYER_HASH, STYLE_HASH, storyFrame, toStory, type Story } from '../../src/export/story';
import PLAYER from '../../src/export/story/player.js?raw';
import STYLE from '../../src/export/story/story.css?raw';
import { causal } from './attention';

const PAYLOAD = '</script><script>window.pwned = 1</script><img src=x onerror="pwned=1">\u2028';

function story(more: Partial<Story> = {}): Story {
  const word = Object.fromEntries(
    ['caution', 'play', 'pause', 'step', 'head', 'history', 'recommendations', 'target', 'none']
      .concat(['bound', 'scale', 'cell', 'picture'])
      .map((name) => [name, name]),
  ) as Story['words'];
  return {
    language: 'en',
    title: `Story of ${PAYLOAD}`,
    about: [['Run', PAYLOAD]],
    heads: [PAYLOAD],
    queryTitles: [PAYLOAD],
    keyTitles: [PAYLOAD],
    target: PAYLOAD,
    frames: [storyFrame(causal(), [0, 1], 0.5).frame],
    lists: [{ step: 7, items: [[PAYLOAD, 1]], targetRank: 3 }],
    palette: { table: 'cividis', scale: { kind: 'sqrt', top: 1 } },
    error: 0.001,
    words: word,
    ...more,
  };
}
const hashOf = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

describe('a story', () => {
  it('allows its own script and style by their hashes, and nothing else', () => {
    expect(PLAYER_HASH).toBe(hashOf(PLAYER));
    expect(STYLE_HASH).toBe(hashOf(STYLE));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(toStory(story()));
    expect(policy?.[1]?.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; script-src '${PLAYER_HASH}'; style-src '${STYLE_HASH}'`,
    );
  });

  it('has no markup from the log', () => {
    const page = toStory(story());
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img/);
  });

  it('asks for nothing from anywhere', () => {
    expect(toStory(story())).not.toMatch(/https?:|src=(?!x)|href=|url\(|@import/);
  });

  it('inlines its data unchanged', () => {
    const page = toStory(story());
    const text = /id="story">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const data = JSON.parse(text) as Story & { colours: number[]; levels: number[] };
    expect(data.keyTitles).toEqual([PAYLOAD]);
    expect(data.colours).toHaveLength(768);
    expect(data.levels).toEqual(Array.from({ length: 256 }, (_, i) => i));
    const [frame] = data.frames;
    expect(frame && 'codes' in frame && [...atob(frame.codes)].map((c) => c.charCodeAt(0))).toEqual(
      [...causal().codes],
    );
  });
});

describe('a frame of a story', () => {
  it('keeps bytes as they are, with their own bound', () => {
    const { frame, error } = storyFrame(causal(), [1], null);
    expect([...atob(frame.codes)].map((c) => c.charCodeAt(0))).toEqual([255, 1, 2, 3, 4, 5]);
    expect(error).toBe(errorOf(255, 'U8_SQRT'));
  });

  it('says what rounding to bytes adds', () => {
    const codes = Float32Array.from([0.5, 0.25, 0.1, 1]);
    const exact = causal({ heads: 1, queries: 2, keys: 2, layout: 'FULL', encoding: 'F32', codes });
    const { frame, error } = storyFrame(exact, [0], null);
    [...atob(frame.codes)].forEach((sign, i) => {
      const shown = (sign.charCodeAt(0) / 255) ** 2;
      expect(Math.abs(shown - (codes[i] ?? 0))).toBeLessThanOrEqual(error);
    });
  });
});

describe('escaping', () => {
  it('leaves no sign that ends text or an attribute, and none XML forbids', () => {
    expect(escapeMarkup(`<a b='"'>&\u0000\u0007`)).toBe(
      '&lt;a b=&#39;&quot;&#39;&gt;&amp;\ufffd\ufffd',
    );
  });

  it('keeps JSON the same value', () => {
    expect(escapeJson(PAYLOAD)).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(escapeJson(PAYLOAD))).toBe(PAYLOAD);
  });
});
