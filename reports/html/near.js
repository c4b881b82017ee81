/* A lock class that the picture leaves out: what is taken before it and after it, to walk along. */
const NEAR = { most: 9, row: 26, box: 20, width: 340, letters: 21 };

/* The classes and edges that are not drawn, in the form of those that are. */
function addOthers() {
  for (const row of data.rows) {
    const id = 'c' + row[12];
    if (!data.nodes[id]) {
      data.nodes[id] = [...row.slice(0, 5), 0, 0];
    }
  }
  data.others.forEach(([from, to, count, held, wanted, more], i) => {
    if (data.nodes['c' + from] && data.nodes['c' + to]) {
      data.edges['o' + i] = ['c' + from, 'c' + to, count, '', '', 0, 0, [[held, wanted]], more];
    }
  });
}

function short(text) {
  const plain = text.replace(/ \([^)]*\)$/, '');
  return plain.length > NEAR.letters ? '\u2026' + plain.slice(1 - NEAR.letters) : plain;
}

function nearBox(id, x, y, width, centre) {
  const text = data.nodes[id][0];
  const press = (event) => {
    if (event.type === 'click' || event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(id);
    }
  };
  return draw('g', centre ? { class: 'near-centre' } : { class: 'near-node', role: 'button', tabindex: '0',
    'aria-label': text, on: { click: press, keydown: press } },
  draw('title', {}, text),
  draw('rect', { x, y, width, height: NEAR.box, rx: 4 }),
  draw('text', { x: x + width / 2, y: y + 14, 'text-anchor': 'middle' }, short(text)));
}

/* From top to bottom: what was held, the class, what was wanted. */
function nearPicture(id) {
  const before = [...new Set(edgesAt(id).filter((edge) => data.edges[edge][1] === id).map((edge) => data.edges[edge][0]))];
  const after = [...new Set(edgesAt(id).filter((edge) => data.edges[edge][0] === id).map((edge) => data.edges[edge][1]))];
  const parts = [];
  const half = NEAR.width / 2;
  const width = half - 22;
  const rows = (ids) => Math.ceil(Math.min(ids.length, NEAR.most + 1) / 2);
  const place = (ids, top) => ids.slice(0, NEAR.most + (ids.length === NEAR.most + 1 ? 1 : 0)).map((one, i) =>
    ({ id: one, x: i % 2 === 0 ? 2 : half + 20, y: top + Math.floor(i / 2) * NEAR.row }));
  const middle = rows(before) * NEAR.row + (before.length ? 18 : 2);
  const top = middle + NEAR.box + 18;
  const height = after.length ? top + rows(after) * NEAR.row : middle + NEAR.box + 4;
  const spine = (y1, y2) => draw('line', { x1: half, x2: half, y1, y2 });
  const twig = (one) => draw('path', {
    class: 'twig', d: 'M' + half + ' ' + (one.y + NEAR.box / 2) + 'H' + (one.x < half ? one.x + width : one.x) });
  const head = (y) => draw('polygon', { points: (half - 4) + ',' + (y - 7) + ' ' + (half + 4) + ',' + (y - 7) + ' ' + half + ',' + y });
  if (before.length) {
    parts.push(spine(NEAR.box / 2, middle), head(middle), place(before, 0).map((one) => [twig(one), nearBox(one.id, one.x, one.y, width)]));
  }
  if (after.length) {
    parts.push(spine(middle + NEAR.box, top + (rows(after) - 1) * NEAR.row + NEAR.box / 2), head(top - 3),
      place(after, top).map((one) => [twig(one), nearBox(one.id, one.x, one.y, width)]));
  }
  const more = Math.max(0, before.length - NEAR.most - 1) + Math.max(0, after.length - NEAR.most - 1);
  return make('figure', { class: 'near' },
    draw('svg', { viewBox: '0 0 ' + NEAR.width + ' ' + height, role: 'group',
      'aria-label': 'What is taken before and after ' + data.nodes[id][0] },
    parts, nearBox(id, half - width * 0.7, middle, width * 1.4, true)),
    make('figcaption', {}, 'It is not in the picture. Above: held when it was wanted; below: wanted while it was held.' +
      (more ? ' ' + more + ' more are in the lists.' : '')));
}
