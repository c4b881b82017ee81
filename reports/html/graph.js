/*
 * The lock graph: what is pointed at, chosen or in the cycle of a finding stands out, and beside the
 * picture it is said where its locks are taken. With the keyboard: one stop for the picture, arrows
 * from class to class, Enter chooses, Escape lets go.
 */
const NAMED_MOST = 50;
const graph = { canvas: null, svg: null, detail: null, chosen: null, scale: 1 };

function part(id) {
  return graph.svg.getElementById(id);
}

function edgesAt(node) {
  return Object.keys(data.edges).filter((id) => data.edges[id][0] === node || data.edges[id][1] === node);
}

function edgeBetween(from, to) {
  return Object.keys(data.edges).find((id) => data.edges[id][0] === from && data.edges[id][1] === to);
}

/* What is not in the picture leaves it as it is. */
function standOut(ids) {
  const elements = ids.map(part).filter(Boolean);
  graph.svg.querySelectorAll('.hot').forEach((element) => element.classList.remove('hot'));
  graph.canvas.classList.toggle('dimmed', elements.length > 0);
  elements.forEach((element) => element.classList.add('hot'));
}

function around(id) {
  if (data.edges[id]) {
    return [id, data.edges[id][0], data.edges[id][1]];
  }
  const edges = edgesAt(id);
  return [id, ...edges, ...edges.flatMap((edge) => data.edges[edge].slice(0, 2))];
}

function choose(id) {
  graph.svg.querySelectorAll('[aria-pressed="true"]').forEach((element) =>
    element.setAttribute('aria-pressed', 'false'));
  graph.chosen = id;
  if (id === null) {
    standOut([]);
    tellNothing();
    return;
  }
  standOut(around(id));
  if (data.nodes[id]) {
    if (part(id)) {
      part(id).setAttribute('aria-pressed', 'true');
    }
    tellNode(id);
  } else {
    tellEdge(id);
  }
}

/* ---- what is said beside it ---- */

function tellNothing() {
  graph.detail.replaceChildren(make('p', { class: 'about' },
    'Choose a class or an arrow to see where its locks are taken.'));
}

function findingLinks(first, count) {
  if (!first) {
    return null;
  }
  const link = button('#' + first, () => openCard(byId('f' + first)), { class: 'small',
    'aria-label': 'Open finding ' + first });
  return make('p', {}, 'In the cycle of finding ', link,
    count > 1 ? ' and of ' + (count - 1) + ' more' : null);
}

function frameLine(frame) {
  return frame === null ? 'an unknown place'
    : [name(data.frames[frame][0], 'function'), ' ', name(data.frames[frame][1], 'place')];
}

function sitesList(edge) {
  const [, , , , , , , sites, more] = edge;
  return make('ul', { class: 'sites' },
    sites.map(([held, wanted]) => make('li', {},
      make('span', { class: 'verb' }, 'held since '), frameLine(held), make('br'),
      make('span', { class: 'verb' }, 'wanted in '), frameLine(wanted))),
    more > 0 ? make('li', {}, 'and ' + more + ' more') : null);
}

function edgeNotes(edge) {
  const [, , count, how, filter] = edge;
  return [plural(count, 'time'), how, filter ? 'filtered: ' + filter : ''].filter(Boolean).join(', ');
}

function tellEdge(id) {
  const edge = data.edges[id];
  const end = (node) => button(breakable(data.nodes[node][0]), () => choose(node), { class: 'link' });
  graph.detail.replaceChildren(
    make('h3', {}, end(edge[0]), ' \u2192 ', end(edge[1])),
    make('p', { class: 'about' }, 'The second was wanted while the first was held: ' + edgeNotes(edge) + '.'),
    findingLinks(edge[5], edge[6]) || '',
    sitesList(edge));
}

function neighbours(title, edges, end) {
  return edges.length === 0 ? '' : make('div', {}, make('h4', {}, title), make('ul', { class: 'sites' },
    edges.map((id) => make('li', {},
      button(breakable(data.nodes[data.edges[id][end]][0]), () => choose(id), { class: 'link' }),
      make('span', { class: 'about' }, ' ' + edgeNotes(data.edges[id])),
      sitesList(data.edges[id])))));
}

function tellNode(id) {
  const [text, kind, locks, acquired, contended, first, count] = data.nodes[id];
  const edges = edgesAt(id);
  graph.detail.replaceChildren(
    make('h3', {}, name(text, 'name')),
    make('p', { class: 'about' }, kind + ', ' + plural(locks, 'lock') + ', ' +
      plural(acquired, 'acquisition') + ', ' + contended.toLocaleString('en') + ' contended'),
    findingLinks(first, count) || '',
    part(id) ? '' : nearPicture(id),
    neighbours('While it is held, wanted are', edges.filter((edge) => data.edges[edge][0] === id), 1),
    neighbours('It is wanted while held are', edges.filter((edge) => data.edges[edge][1] === id), 0));
}

/* ---- findings and names ---- */

function cycleParts(finding) {
  const node = (lock) => 'c' + data.locks[lock][9];
  const ids = [];
  for (const thread of finding.threads) {
    const hold = thread.holds[thread.inCycle];
    if (hold && thread.wants && thread.wants.lock !== null) {
      ids.push(node(hold.lock), node(thread.wants.lock), edgeBetween(node(hold.lock), node(thread.wants.lock)));
    }
  }
  return ids.length ? ids : finding.locks.map(node);
}

function showInGraph(finding) {
  const ids = cycleParts(finding).filter((id) => id && part(id));
  choose(null);
  standOut(ids);
  graph.detail.replaceChildren(make('h3', {}, 'The finding\u2019s locks'),
    make('ul', { class: 'sites' }, ids.filter((id) => data.edges[id]).map((id) => make('li', {},
      button(data.nodes[data.edges[id][0]][0] + ' \u2192 ' + data.nodes[data.edges[id][1]][0],
        () => choose(id), { class: 'link' }), sitesList(data.edges[id])))));
  show(byId('graph'));
  bringIntoView(ids[0]);
  byId('graph-title').focus({ preventScroll: true });
}

function bringIntoView(id) {
  const element = id && part(id);
  if (element) {
    const box = element.getBoundingClientRect();
    const frame = graph.canvas.getBoundingClientRect();
    graph.canvas.scrollLeft += box.x + box.width / 2 - frame.x - frame.width / 2;
    graph.canvas.scrollTop += box.y + box.height / 2 - frame.y - frame.height / 2;
  }
}

/* Those that a search found, but the picture does not have. */
function tellOthers(ids) {
  if (ids.length > 0) {
    graph.detail.replaceChildren(
      make('h3', {}, plural(ids.length, 'class', 'classes') + ' beside the picture'),
      make('ul', { class: 'sites' }, ids.slice(0, NAMED_MOST).map((id) => make('li', {},
        button(breakable(data.nodes[id][0]), () => choose(id), { class: 'link' })))),
      ids.length > NAMED_MOST ? make('p', { class: 'about' }, 'and ' + (ids.length - NAMED_MOST) + ' more') : '');
  }
}

function findNames(text) {
  const wanted = text.toLowerCase().trim();
  const ids = wanted ? Object.keys(data.nodes).filter((id) => data.nodes[id][0].toLowerCase().includes(wanted)) : [];
  const others = ids.filter((id) => !part(id));
  choose(null);
  standOut(ids);
  bringIntoView(ids.find(part));
  tellOthers(others);
  say(wanted ? plural(ids.length, 'class', 'classes') + ' found' +
    (others.length ? ', ' + others.length + ' of them not in the picture' : '') : '');
}

/* ---- size ---- */

function setScale(scale) {
  graph.scale = Math.min(3, Math.max(0.1, scale));
  graph.svg.style.width = Math.round(graph.width * graph.scale) + 'px';
  graph.svg.style.height = Math.round(graph.height * graph.scale) + 'px';
}

function fitScale() {
  return Math.min(1, (graph.canvas.clientWidth - 4) / graph.width, 900 / graph.height);
}

function measure() {
  const box = graph.svg.viewBox.baseVal;
  graph.width = box.width * 1.2;
  graph.height = box.height * 1.2;
  setScale(Math.max(fitScale(), 0.8));
  bringIntoView((graph.svg.querySelector('g.in-cycle') || {}).id);
}

function dragging() {
  let from = null;
  graph.canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button === 0) {
      from = { x: event.clientX + graph.canvas.scrollLeft, y: event.clientY + graph.canvas.scrollTop };
    }
  });
  window.addEventListener('pointermove', (event) => {
    if (from && event.buttons) {
      graph.canvas.scrollTo(from.x - event.clientX, from.y - event.clientY);
    }
  });
  window.addEventListener('pointerup', () => {
    from = null;
  });
}

/* ---- keyboard and pointer ---- */

function nodeElements() {
  return [...graph.svg.querySelectorAll('g.node')];
}

function moveFocus(from, step) {
  const nodes = nodeElements();
  const next = nodes[(nodes.indexOf(from) + step + nodes.length) % nodes.length];
  from.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
}

function keyDown(event) {
  const node = event.target.closest('g.node');
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (event.key === 'Escape') {
    choose(null);
  } else if (node && steps[event.key]) {
    moveFocus(node, steps[event.key]);
    event.preventDefault();
  } else if (node && (event.key === 'Enter' || event.key === ' ')) {
    choose(graph.chosen === node.id ? null : node.id);
    event.preventDefault();
  }
}

function pointed(event) {
  const element = event.target.closest('g.node, g.edge');
  return element && (data.nodes[element.id] || data.edges[element.id]) ? element.id : null;
}

function listen() {
  graph.svg.addEventListener('click', (event) => {
    const id = pointed(event);
    choose(id === graph.chosen ? null : id);
  });
  graph.svg.addEventListener('mouseover', (event) => {
    const id = pointed(event);
    if (id && graph.chosen === null && !graph.canvas.classList.contains('dimmed')) {
      graph.hovered = true;
      standOut(around(id));
    }
  });
  graph.svg.addEventListener('mouseout', () => {
    if (graph.hovered) {
      graph.hovered = false;
      standOut(graph.chosen === null ? [] : around(graph.chosen));
    }
  });
  graph.canvas.addEventListener('keydown', keyDown);
}

function nameParts() {
  graph.svg.setAttribute('role', 'group');
  graph.svg.setAttribute('aria-label', 'Lock classes and the order in which they are taken');
  graph.svg.querySelectorAll('g.node > title, g.edge > title').forEach((title) => {
    const id = title.parentNode.id;
    title.textContent = data.nodes[id] ? data.nodes[id][0]
      : data.edges[id] ? data.nodes[data.edges[id][0]][0] + ' \u2192 ' + data.nodes[data.edges[id][1]][0] : '';
  });
  graph.svg.querySelectorAll('.graph > title').forEach((title) => title.remove());
  nodeElements().forEach((element, i) => {
    const [text, kind] = data.nodes[element.id];
    element.setAttribute('tabindex', i === 0 ? '0' : '-1');
    element.setAttribute('role', 'button');
    element.setAttribute('aria-pressed', 'false');
    element.setAttribute('aria-label', text + ', ' + kind);
  });
}

function startGraph() {
  graph.canvas = byId('canvas');
  graph.svg = graph.canvas && graph.canvas.querySelector('svg');
  if (!graph.svg) {
    return;
  }
  graph.detail = byId('graph-detail');
  addOthers();
  nameParts();
  measure();
  listen();
  dragging();
  tellNothing();
  byId('graph-title').setAttribute('tabindex', '-1');
  const find = make('input', { type: 'search', placeholder: 'name of a lock class',
    'aria-label': 'Find lock classes', on: { input: () => findNames(find.value) } });
  graph.canvas.parentNode.before(make('div', { class: 'tools' }, find,
    button('\u2212', () => setScale(graph.scale / 1.25), { 'aria-label': 'Smaller' }),
    button('+', () => setScale(graph.scale * 1.25), { 'aria-label': 'Bigger' }),
    button('Fit', () => setScale(fitScale())),
    button('Clear', () => {
      find.value = '';
      choose(null);
    })));
}
