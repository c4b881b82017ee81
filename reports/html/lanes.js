/*
 * The picture of a finding: a lane for each thread, in it a bar for each lock held, in the order of
 * acquisition, and what the thread wants. An arrow leads from each wait to what it waits for, past
 * the bars on the right.
 */
const ROW = 24;
const BAR = 20;
const INDENT = 26;
const GAP = 10;
const COLUMN = 14;
const OTHERS_MOST = 3;
const LANES_MOST = 24;
const LETTER = 7.25; /* width of a letter of the font in bars, at 12 px */
const ENDS = ['held-at-thread-exit', 'unbalanced-recursive'];

function shorten(text, width) {
  const most = Math.max(3, Math.floor(width / LETTER));
  if (text.length <= most) {
    return text;
  }
  const tail = Math.floor((most - 1) / 3);
  return text.slice(0, most - 1 - tail) + '\u2026' + text.slice(text.length - tail);
}

/* Which of a thread's held locks are drawn: the one in the cycle, and some others. */
function drawnHolds(thread, wanted) {
  const main = (hold, i) => i === thread.inCycle || wanted.has(hold.lock);
  let others = OTHERS_MOST;
  return thread.holds.filter((hold, i) => main(hold, i) || others-- > 0);
}

function lanesOf(finding) {
  const threads = finding.threads.slice(0, LANES_MOST);
  const wanted = new Set(threads.filter((thread) => thread.wants).map((thread) => thread.wants.lock));
  return threads.map((thread) => {
    const holds = drawnHolds(thread, wanted);
    const rows = holds.map((hold) => ({ type: 'hold', hold }));
    if (holds.length < thread.holds.length) {
      const count = thread.holds.length - holds.length;
      rows.push({ type: 'text', text: 'and ' + count + ' more held' });
    }
    if ((thread.wants && thread.wants.lock !== null) || thread.joins) {
      rows.push({ type: 'wait' });
    }
    if (ENDS.includes(finding.kind)) {
      rows.push({ type: 'end', text: 'the thread ends' });
    }
    if (thread.why) {
      rows.push({ type: 'text', text: thread.why });
    }
    if (rows.length === 0) {
      rows.push({ type: 'text', text: 'holds nothing, waits for nothing' });
    }
    return { thread, rows };
  });
}

/* Where everything lies. A narrow picture has the threads' names above their lanes. */
function placeLanes(lanes, width) {
  const narrow = width < 560;
  const left = narrow ? 6 : Math.min(200, Math.round(width * 0.22));
  let y = 4;
  for (const lane of lanes) {
    lane.top = y;
    lane.first = y + (narrow ? 22 : 4);
    lane.rows.forEach((row, i) => {
      row.y = lane.first + i * ROW;
    });
    lane.bottom = lane.first + lane.rows.length * ROW + 2;
    y = lane.bottom + GAP;
  }
  return { narrow, left, height: y - GAP + 4 };
}

/* The bar that a wait is for: of the next thread in the circle, or of any that holds the lock. */
function targetOf(lanes, at) {
  const { thread } = lanes[at];
  if (thread.joins && !(thread.wants && thread.wants.lock !== null)) {
    const joined = lanes.find((lane) => lane.thread.number === thread.joins.number);
    return joined ? { lane: joined, y: (joined.top + joined.bottom) / 2 } : null;
  }
  for (let i = 1; i <= lanes.length; i++) {
    const lane = lanes[(at + i) % lanes.length];
    const row = lane.rows.find((one) => one.type === 'hold' && one.hold.lock === thread.wants.lock);
    if (row) {
      return { lane, y: row.y + BAR / 2 };
    }
  }
  return null;
}

function arrowsOf(finding, lanes) {
  const arrows = [];
  const circle = finding.kind && !finding.roots && lanes.length > 1;
  lanes.forEach((lane, i) => {
    const wait = lane.rows.find((row) => row.type === 'wait');
    const target = wait ? targetOf(lanes, i) : null;
    if (target) {
      const closes = circle && i === lanes.length - 1 && target.lane === lanes[0];
      arrows.push({ from: wait.y + BAR / 2, to: target.y, closes });
    }
  });
  return arrows;
}

/* Short arrows next to the bars, longer ones outside of them, none over another. */
function columnsOf(arrows) {
  const columns = [];
  const span = (arrow) => [Math.min(arrow.from, arrow.to), Math.max(arrow.from, arrow.to)];
  const length = (arrow) => Math.abs(arrow.from - arrow.to);
  for (const arrow of [...arrows].sort((a, b) => length(a) - length(b))) {
    const [low, high] = span(arrow);
    let column = columns.findIndex((taken) => taken.every(([a, b]) => high < a - 2 || low > b + 2));
    if (column < 0) {
      column = columns.push([]) - 1;
    }
    columns[column].push([low, high]);
    arrow.column = column;
  }
  return columns.length;
}

function label(x, y, text, width, kind) {
  const element = draw('text', { x, y: y + 14, class: kind }, shorten(text, width));
  element.append(draw('title', {}, text));
  return element;
}

function colorOf(finding, lock) {
  const index = finding.locks.indexOf(lock);
  return index < 0 ? 'other' : 'lock' + (index % 6);
}

function drawRow(finding, lane, row, index, x0, x1) {
  const { thread } = lane;
  if (row.type === 'text') {
    return [label(x0 + 6, row.y, row.text, x1 - x0 - 12, 'remark')];
  }
  if (row.type === 'end') {
    return [draw('path', { class: 'end', d: `M${x1 - 3} ${lane.top + 4}V${lane.bottom - 4}` }),
      label(x0 + 6, row.y, row.text, x1 - x0 - 16, 'remark')];
  }
  if (row.type === 'hold') {
    const x = x0 + Math.min(index * INDENT, (x1 - x0) * 0.4);
    return [
      draw('rect', { x, y: row.y, width: x1 - x, height: BAR, rx: 3,
        class: 'hold ' + colorOf(finding, row.hold.lock) }),
      label(x + 7, row.y, 'holds ' + lockName(row.hold.lock), x1 - x - 14, 'in-bar'),
    ];
  }
  const lock = thread.wants && thread.wants.lock !== null ? thread.wants.lock : null;
  const text = lock !== null ? lockName(lock) : threadTitle(thread.joins);
  const x = x0 + Math.max((x1 - x0) * 0.34, Math.min(index * INDENT, (x1 - x0) * 0.5));
  return [
    draw('path', { class: 'lead', d: `M${x0 + 4} ${row.y + BAR / 2}H${x}` }),
    draw('rect', { x, y: row.y, width: x1 - x, height: BAR, rx: 3,
      class: 'wait ' + colorOf(finding, lock) }),
    label(x + 7, row.y, verbOf(thread) + ' ' + text, x1 - x - 14, 'in-bar'),
  ];
}

function drawArrow(arrow, x1) {
  const x = x1 + 12 + arrow.column * COLUMN;
  const group = draw('g', { class: arrow.closes ? 'arrow closes' : 'arrow' });
  group.append(
    draw('circle', { cx: x1, cy: arrow.from, r: 3 }),
    draw('path', { class: 'line', d: `M${x1} ${arrow.from}H${x}V${arrow.to}H${x1 + 5}` }),
    draw('path', { class: 'head', d: `M${x1 + 1} ${arrow.to}l8 -4v8z` }),
  );
  if (arrow.closes) {
    group.append(draw('title', {}, 'This wait closes the circle.'));
  }
  return group;
}

function drawThreadName(lane, place) {
  const { thread } = lane;
  const tid = thread.tid ? 'tid ' + thread.tid : '';
  if (place.narrow) {
    return [label(place.left + 2, lane.top + 1, threadTitle(thread) + (tid ? ', ' + tid : ''), 280, 'thread-name')];
  }
  const room = place.left - 14;
  const parts = [label(4, lane.first, thread.name, room, 'thread-name')];
  if (lane.rows.length > 1) {
    const number = isNamed(thread) ? 'thread ' + thread.number : '';
    parts.push(label(4, lane.first + 17, [number, tid].filter(Boolean).join(', '), room, 'remark'));
  }
  return parts;
}

/* What the picture shows, in words. */
function tell(finding) {
  return finding.threads.map((thread) => {
    const parts = thread.holds.map((hold) => 'holds ' + lockText(hold.lock));
    if (thread.wants && thread.wants.lock !== null) {
      parts.push(verbOf(thread) + ' ' + lockText(thread.wants.lock));
    } else if (thread.joins) {
      parts.push('joins ' + threadTitle(thread.joins));
    }
    return threadTitle(thread) + ' ' + (parts.join(', ') || 'holds nothing');
  }).join('; ') + '.';
}

function drawLanes(finding, width) {
  const lanes = lanesOf(finding);
  const place = placeLanes(lanes, width);
  const arrows = arrowsOf(finding, lanes);
  const x0 = place.left;
  const x1 = width - 8 - (arrows.length ? 8 + columnsOf(arrows) * COLUMN : 0);
  const picture = draw('svg', { width, height: place.height, role: 'img', 'aria-label': tell(finding) });
  for (const lane of lanes) {
    picture.append(
      draw('rect', { class: 'lane', x: x0, y: lane.top + (place.narrow ? 18 : 0), width: x1 - x0,
        height: lane.bottom - lane.top - (place.narrow ? 18 : 0), rx: 4 }),
      ...drawThreadName(lane, place),
      ...lane.rows.flatMap((row, i) => drawRow(finding, lane, row, i, x0 + 4, x1 - 2)),
    );
  }
  picture.append(...arrows.map((arrow) => drawArrow(arrow, x1 - 2)));
  return picture;
}

/* A figure that is drawn anew when its width changes. */
function lanesFigure(finding) {
  const canvas = make('div', { class: 'lanes' });
  const more = finding.threads.length - LANES_MOST;
  const closes = arrowsOf(finding, lanesOf(finding)).some((arrow) => arrow.closes);
  const figure = make('figure', {}, canvas, make('figcaption', {},
    'Left to right: the order in each thread, not durations.',
    closes ? ' The thick arrow closes the circle.' : null,
    more > 0 ? ' ' + plural(more, 'more thread') + ' not drawn.' : null));
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(canvas.clientWidth);
    if (width > 0 && width !== drawn) {
      drawn = width;
      canvas.replaceChildren(drawLanes(finding, width));
    }
  }).observe(canvas);
  return figure;
}
