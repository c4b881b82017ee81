/* What all parts use: the page's data, and short ways to make elements. Text from traces only ever
 * becomes text nodes and attribute values, never markup. */
const data = JSON.parse(document.getElementById('data').textContent);
const SVG = 'http://www.w3.org/2000/svg';
const FRAME_INLINED = 1;
const FRAME_RUNTIME = 2;

function byId(id) {
  return document.getElementById(id);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') {
      for (const [type, listener] of Object.entries(value)) {
        element.addEventListener(type, listener);
      }
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function make(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function button(label, listener, attributes) {
  return make('button', { type: 'button', on: { click: listener }, ...attributes }, label);
}

function plural(count, word, more) {
  return count.toLocaleString('en') + ' ' + (count === 1 ? word : more || word + 's');
}

/* One polite voice for what changes without the focus moving. */
const voice = make('p', { class: 'voice', role: 'status' });

function say(text) {
  voice.textContent = text;
}

/* Where the clipboard is not to be had (an old browser, a page without rights), by a selection. */
function copyBySelection(text) {
  const area = make('textarea', { class: 'voice' });
  const before = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const good = document.execCommand('copy');
  area.remove();
  if (before) {
    before.focus();
  }
  return good;
}

async function copy(text, source) {
  let good = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    good = copyBySelection(text);
  }
  const label = source.textContent;
  if (!source.dataset.label) {
    source.dataset.label = label;
    source.textContent = good ? 'Copied' : 'Not copied';
    setTimeout(() => {
      source.textContent = source.dataset.label;
      delete source.dataset.label;
    }, 1500);
  }
  say(good ? 'Copied' : 'The browser does not allow copying');
}

/* Paths and names may be broken behind a slash or a scope, rather than anywhere. */
function breakable(text) {
  return text.split(/(?<=\/|::)(?=.)/).flatMap((part, i) => (i > 0 ? [make('wbr'), part] : [part]));
}

/* A name that may be thousands of characters long: then in a box of its own that scrolls. */
function name(text, kind) {
  const long = text.length > 240;
  return make('span', {
    class: kind + (long ? ' long' : ''),
    tabindex: long ? '0' : null,
  }, long ? text : breakable(text));
}

function lockName(lock) {
  return lock === null ? '' : data.locks[lock][0];
}

function lockText(lock) {
  return lock === null ? '' : data.locks[lock][0] + data.locks[lock][1];
}

function frameText(frame) {
  const row = data.frames[frame];
  return row[0] + '  ' + row[1];
}

function framesOf(stack) {
  return stack === null ? [] : data.stacks[stack].slice(2);
}

function stackText(stack) {
  return framesOf(stack).map((frame, i) => '#' + i + ' ' + frameText(frame)).join('\n');
}

function textIn(card, selector) {
  const element = card.querySelector(selector);
  return element ? element.textContent : '';
}

function kindOf(card) {
  return textIn(card, 'summary code');
}

function severityOf(card) {
  return textIn(card, 'summary b');
}

/* What the baseline says of it: "new", "known", or nothing. */
function stateOf(card) {
  return textIn(card, 'summary .new, summary .known');
}

/* By the letter that the ids of their cards begin with. */
const lists = { f: data.findings, x: data.filtered, u: data.suppressed, t: data.timeout };

function findingOf(card) {
  const row = lists[card.id[0]][Number(card.id.slice(1)) - 1];
  if (!row) {
    return null;
  }
  return {
    kind: kindOf(card),
    threads: row[0].map((thread) => ({
      number: thread[0],
      name: thread[1],
      tid: thread[2],
      creator: thread[3],
      holds: thread[4].map(heldOf),
      wants: thread[5] ? heldOf(thread[5]) : null,
      verb: thread[6],
      joins: thread[7] ? { number: thread[7][0], name: thread[7][1] } : null,
      why: thread[8],
      inCycle: thread[9],
      pid: thread[10],
    })),
    locks: row[1],
    similar: row[2],
    pid: row[3],
    roots: row[4],
    processes: row[5],
    pids: row[6] || [],
  };
}

function heldOf(row) {
  return { lock: row[0], stack: row[1], manner: row[2] };
}

function isNamed(thread) {
  return thread.name !== 'thread ' + thread.number;
}

function threadTitle(thread) {
  return 'Thread ' + thread.number + (isNamed(thread) ? ' \u201c' + thread.name + '\u201d' : '') +
    (thread.pid ? ' of process ' + thread.pid : '');
}

function verbOf(thread) {
  if (thread.wants && thread.wants.lock !== null) {
    return thread.verb || 'wants';
  }
  return thread.joins ? 'joins' : 'is in';
}

/* "812 ns", "4.2 us", "17 ms": three digits that count. */
function timeText(ns) {
  if (ns < 1000) {
    return ns + ' ns';
  }
  const units = [['us', 1e3, 999.5e3], ['ms', 1e6, 999.5e6], ['s', 1e9, Infinity]];
  const [unit, size] = units.find((candidate) => ns < candidate[2]);
  const value = ns / size;
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + ' ' + unit;
}

const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

function show(element) {
  element.scrollIntoView({ block: 'start', behavior: calm.matches ? 'auto' : 'smooth' });
}
