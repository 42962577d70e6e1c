/* Plays the frames inlined above. Text is only ever put on the page as text nodes. */
'use strict';
(() => {
  const story = JSON.parse(document.getElementById('story').textContent);
  const { words, frames, lists, levels, colours, heads } = story;
  const STEP_MS = 125;
  let [at, head, timer] = [frames.length - 1, 0, 0];

  const make = (name, text = '', parent = document.body, more = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    Object.assign(element, more);
    parent.append(element);
    return element;
  };
  const number = (value, digits) =>
    value.toLocaleString(story.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });

  make('h1', story.title);
  const about = make('dl');
  for (const [what, value] of story.about) {
    make('dt', what, about);
    make('dd', value, about);
  }
  make('p', words.caution, document.body, { className: 'caution' });
  const bar = make('div', '', document.body, { className: 'bar' });
  const play = make('button', words.play, bar, { type: 'button' });
  const slider = make('input', '', bar, { type: 'range', min: 0, max: frames.length - 1 });
  slider.setAttribute('aria-label', words.step);
  const where = make('output', '', bar);
  const label = make('label', `${words.head} `, bar);
  const choice = make('select', '', label);
  heads.forEach((name, i) => make('option', name, choice, { value: i }));
  const body = make('div', '', document.body, { className: 'body' });
  const picture = make('figure', '', body);
  const canvas = make('canvas', '', picture);
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption', '', picture);
  for (const text of [words.scale, words.bound]) make('div', text, picture, { className: 'soft' });
  const history = make('section', '', body);
  make('h2', words.history, history);
  const items = make('ol', '', history);
  const list = make('section', '', body);
  make('h2', words.recommendations, list);
  const ranks = make('p', '', list);
  const entries = make('ol', '', list);

  const decoded = new Map();
  function codesOf(frame) {
    if (!decoded.has(frame.step)) {
      if (decoded.size > 64) decoded.clear();
      const text = atob(frame.codes);
      decoded.set(
        frame.step,
        Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
      );
    }
    return decoded.get(frame.step);
  }
  /** The code of a cell, or -1 where it is not applicable. */
  function codeAt(frame, query, key) {
    const { queries, keys, triangle } = frame;
    if (triangle && key > query) return -1;
    const cells = triangle ? (queries * (queries + 1)) / 2 : queries * keys;
    const row = triangle ? (query * (query + 1)) / 2 : query * keys;
    return codesOf(frame)[head * cells + row + key];
  }
  const titleAt = (titles, index) => titles[index] ?? `#${index + 1}`;

  function draw() {
    const frame = frames[at];
    slider.value = at;
    const epoch = frame.epoch == null ? '' : ` (${number(frame.epoch, 2)})`;
    where.textContent = `${words.step} ${frame.step}${epoch}, ${at + 1} / ${frames.length}`;
    caption.textContent = frame.codes ? words.cell : `${words.none} ${frame.reason}`;
    canvas.hidden = !frame.codes;
    canvas.setAttribute('aria-label', `${words.picture} ${where.textContent}`);
    items.replaceChildren();
    if (frame.codes) {
      paint(frame);
      listHistory(frame);
    }
    listItems(frame.step);
  }
  function paint(frame) {
    const { queries, keys } = frame;
    Object.assign(canvas, { width: keys, height: queries });
    const side = Math.max(1, Math.min(24, Math.floor(560 / Math.max(queries, keys))));
    canvas.style.width = `${keys * side}px`;
    // A single row of many keys would be a hairline.
    canvas.style.height = `${Math.max(16, queries * side)}px`;
    const context = canvas.getContext('2d');
    const image = context.createImageData(keys, queries);
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1) {
        const code = codeAt(frame, query, key);
        if (code < 0) continue;
        const place = 4 * (query * keys + key);
        for (let i = 0; i < 3; i += 1) image.data[place + i] = colours[3 * levels[code] + i];
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
  function listHistory(frame) {
    const last = frame.queries - 1;
    const valueAt = (key) => (codeAt(frame, last, key) / 255) ** 2;
    const max = Math.max(...Array.from({ length: frame.keys }, (_, key) => valueAt(key))) || 1;
    for (let key = frame.keys - 1; key >= 0; key -= 1) {
      const value = valueAt(key);
      const line = make('li', '', items);
      make('span', titleAt(story.keyTitles, frame.keyOffset + key), line);
      make('meter', '', line, { min: 0, max, value });
      make('span', number(value, 4), line);
    }
  }
  function listItems(step) {
    const found = lists.filter((other) => other.step <= step).at(-1);
    entries.replaceChildren();
    ranks.textContent = '';
    if (!found) return;
    const target = story.target === null ? '' : `: ${story.target}`;
    if (found.targetRank !== null)
      ranks.textContent = `${words.target} ${found.targetRank}${target}`;
    for (const [title, score] of found.items) {
      const line = make('li', '', entries);
      make('span', title, line);
      make('span', number(score, 2), line);
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = words.play;
  }
  play.onclick = () => {
    if (timer) {
      stop();
      return;
    }
    if (at === frames.length - 1) at = -1;
    play.textContent = words.pause;
    timer = setInterval(() => {
      at += 1;
      draw();
      if (at === frames.length - 1) stop();
    }, STEP_MS);
  };
  slider.oninput = () => {
    at = Number(slider.value);
    draw();
  };
  choice.onchange = () => {
    head = Number(choice.value);
    draw();
  };
  canvas.onpointermove = (event) => {
    const frame = frames[at];
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * frame.queries);
    const key = Math.floor(((event.clientX - box.left) / box.width) * frame.keys);
    const code = query < frame.queries && key < frame.keys ? codeAt(frame, query, key) : -1;
    const names = `${titleAt(story.queryTitles, frame.queryOffset + query)} ← ${titleAt(story.keyTitles, frame.keyOffset + key)}`;
    caption.textContent = code < 0 ? words.cell : `${names}: ${number((code / 255) ** 2, 4)}`;
  };
  draw();
})();
