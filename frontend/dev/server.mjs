/**
 * TensorBoard in a hundred lines: a parent page, the plugin's iframe, and an invented log.
 *
 * `node dev/server.mjs [port]`. `/dev/set?live=1|0`, `?empty=1`, `?down=1`, `?problem=1` change what it
 * answers.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { ROUTES, scalarRoute, state } from './log.mjs';

const STATIC = new URL('../../tensorboard_plugin_attn/static/', import.meta.url);
const SCRIPTS = ['index.js', 'exports.js', 'explain.js'];
const CSP =
  "default-src 'self';font-src 'self' data:;img-src 'self' data: blob:;object-src 'none';" +
  "style-src 'self' data: 'unsafe-inline';connect-src 'self';script-src 'self' 'unsafe-inline'";

const PARENT = `<!DOCTYPE html><html lang="en"><head><title>TensorBoard</title><link rel="icon" href="data:,"><style>
body{margin:0;display:flex;flex-direction:column;height:100vh;font:14px sans-serif}
body.dark-mode{background:#303030}header{background:#f57c00;color:#fff;padding:0 16px;line-height:64px;font-size:20px}
iframe{border:0;flex:1}</style></head><body><header>TensorBoard</header>
<iframe title="attn" src="data/plugin_entry.html?name=attn"></iframe></body></html>`;

const ENTRY = `<!DOCTYPE html><head><base href="plugin/attn/" /></head><body><script type="module">
import("./index.js").then((m) => void m.render());</script></body>`;

function send(response, code, type, body) {
  response.writeHead(code, {
    'Content-Type': type,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': CSP,
  });
  response.end(body);
}

const sendJson = (response, code, value) =>
  send(response, code, 'application/json', JSON.stringify(value));

function set(query) {
  for (const [key, value] of Object.entries(query)) state[key] = value === '1';
  if ('empty' in query) state.runs = state.empty ? [] : ['d32/attention', 'd64/attention'];
  if ('gone' in query)
    state.runs = state.gone ? ['d64/attention'] : ['d32/attention', 'd64/attention'];
  const message = 'Bytes 73400 to 74212 are not a record.';
  const hint = 'The frames in it are lost; the others are shown.';
  const file = 'events.out.tfevents.1795530000.attn';
  const problem = {
    kind: 'corrupt_record',
    run: 'd32/attention',
    file,
    offset: 73400,
    message,
    hint,
  };
  if ('problem' in query) state.problems = state.problem ? [problem] : [];
  state.generation += 1;
}

function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  const query = Object.fromEntries(url.searchParams);
  if (url.pathname === '/') return send(response, 200, 'text/html', PARENT);
  if (url.pathname === '/dev/set') return sendJson(response, 200, (set(query), state));
  if (url.pathname === '/data/plugin_entry.html') return send(response, 200, 'text/html', ENTRY);
  const name = url.pathname.replace('/data/plugin/attn/', '');
  if (SCRIPTS.includes(name))
    return send(response, 200, 'text/javascript', readFileSync(new URL(name, STATIC)));
  if (state.down) return response.destroy();
  const scalars = url.pathname.match(/^\/data\/plugin\/scalars\/(tags|scalars)$/);
  if (scalars) return sendJson(response, 200, scalarRoute(scalars[1], query));
  const code = query.run && !state.runs.includes(query.run) ? 'run_not_found' : 'no_such_route';
  if (!(name in ROUTES) || code === 'run_not_found') {
    return sendJson(response, 404, {
      error: { code, message: `No ${query.run ?? name}.`, hint: '' },
    });
  }
  const body = ROUTES[name](query);
  if (Buffer.isBuffer(body)) return send(response, 200, 'application/octet-stream', body);
  return sendJson(response, 200, body);
}

setInterval(() => {
  if (!state.live) return;
  state.last += 2;
  state.generation += 1;
}, 1000).unref();

const server = createServer(answer);
server.listen(Number(process.argv[2] ?? 6017), '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}/#attn`);
});
