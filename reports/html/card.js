/* What a card shows when it is opened: picture, stacks side by side, locks, things to copy. */

function excerpt(row) {
  const [first, hit, changed, ...lines] = row;
  return make('div', { class: 'excerpt' },
    changed ? make('p', { class: 'changed' }, 'This file was changed after the run: the lines may be others.') : null,
    make('pre', { tabindex: '0' }, make('code', {}, lines.map((line, i) => make('span', {
      class: first + i === hit ? 'line hit' : 'line',
      'data-number': first + i,
    }, line + '\n')))));
}

function frameItem(frame, number, open) {
  const [text, place, flags, source] = data.frames[frame];
  const parts = [
    make('span', { class: 'number' }, '#' + number),
    ' ',
    name(text, 'function'),
    ' ',
    name(place, 'place'),
    flags & FRAME_INLINED ? make('span', { class: 'inlined' }, ' inlined') : null,
  ];
  const kind = flags & FRAME_RUNTIME ? 'runtime' : null;
  if (source === undefined) {
    return make('li', { class: kind }, make('div', { class: 'frame' }, parts));
  }
  return make('li', { class: kind }, make('details', { class: 'source', open },
    make('summary', { class: 'frame' }, parts), excerpt(data.excerpts[source])));
}

function stackList(stack) {
  if (stack === null) {
    return make('p', { class: 'none' }, 'No stack was recorded.');
  }
  const [site, cut] = data.stacks[stack];
  return make('div', { class: 'stack' },
    make('ol', {}, framesOf(stack).map((frame, i) => frameItem(frame, i, i === site))),
    cut ? make('p', { class: 'none' }, 'Deeper than what is recorded of a stack.') : null);
}

function heldBlock(verb, role, held, what) {
  const source = button('Copy stack', () => copy(stackText(held.stack), source), { class: 'small' });
  return make('div', { class: 'held ' + role },
    make('div', { class: 'held-title' },
      make('span', {},
        make('span', { class: 'verb' }, verb), ' ', what,
        held.manner ? make('span', { class: 'manner' }, ' (' + held.manner + ')') : null),
      held.stack === null ? null : source),
    stackList(held.stack));
}

function lockLabel(lock) {
  return make('span', { class: 'lock' }, name(data.locks[lock][0], 'name'),
    data.locks[lock][1] ? make('span', { class: 'place' }, data.locks[lock][1]) : null);
}

function threadBlock(thread) {
  const blocks = thread.holds.map((hold, i) => heldBlock('holds',
    i === thread.inCycle ? 'holds' : 'also', hold, lockLabel(hold.lock)));
  if (thread.wants && thread.wants.lock !== null) {
    blocks.push(heldBlock(verbOf(thread), 'wants', thread.wants, lockLabel(thread.wants.lock)));
  } else if (thread.joins) {
    blocks.push(heldBlock('joins', 'wants', thread.wants || { stack: null }, threadTitle(thread.joins)));
  } else if (thread.wants) {
    blocks.push(heldBlock('is', 'wants', thread.wants, 'here'));
  }
  return make('section', { class: 'thread' },
    make('h4', {}, 'Thread ' + thread.number,
      isNamed(thread) ? [' \u201c', name(thread.name, 'thread-name'), '\u201d'] : null,
      thread.pid ? make('span', { class: 'tid' }, ' of process ' + thread.pid) : null,
      thread.tid ? make('span', { class: 'tid' }, ' tid ' + thread.tid) : null),
    thread.creator === null ? null : make('p', { class: 'created' }, 'created in ',
      name(data.frames[thread.creator][0], 'function'), ' ', name(data.frames[thread.creator][1], 'place')),
    thread.why ? make('p', { class: 'why' }, thread.why) : null,
    blocks);
}

/* Who waits for nobody who waits too, then those that wait because of them. */
function threadBlocks(finding) {
  const roots = finding.roots > 0 ? finding.roots : finding.threads.length;
  const rest = finding.threads.slice(roots);
  const grid = (threads) => make('div', { class: 'threads' }, threads.map(threadBlock));
  return [grid(finding.threads.slice(0, roots)), rest.length ? make('details', { class: 'rest', open: rest.length <= 2 },
    make('summary', {}, plural(rest.length, 'thread waits', 'threads wait') + ' because of ' +
      (roots === 1 ? 'the one' : 'those') + ' above'), grid(rest)) : null];
}

function lockItem(lock) {
  const [, , className, size, kind, attributes, address, initialized, birth] = data.locks[lock];
  const site = birth === null ? undefined : framesOf(birth)[data.stacks[birth][0]];
  return make('li', {}, lockLabel(lock), ' ',
    make('span', { class: 'about' },
      [attributes, kind].filter(Boolean).join(' ') + ' at ' + address,
      site === undefined ? null : [(initialized ? ', initialized in ' : ', first used in '),
        name(data.frames[site][0], 'function'), ' ', name(data.frames[site][1], 'place')],
      className ? [', one of ' + size + ' locks of the class ', name(className, 'name')] : null));
}

/* The finding as people mail it. */
function cardText(card, finding) {
  const state = stateOf(card);
  const lines = [(state === 'known' ? 'known ' : '') +
    (kindOf(card) ? kindOf(card) + ' (' + severityOf(card) + '): ' : '') + card.querySelector('h3').textContent];
  for (const thread of finding.threads) {
    lines.push('', '  ' + threadTitle(thread) + (thread.tid ? ' (tid ' + thread.tid + ')' : ''));
    const put = (verb, what, held) => {
      lines.push('    ' + verb + '  ' + what + (held.manner ? ' (' + held.manner + ')' : ''));
      framesOf(held.stack).forEach((frame, i) => lines.push('      #' + i + ' ' + frameText(frame)));
    };
    thread.holds.forEach((hold) => put('holds', lockText(hold.lock), hold));
    if (thread.wants && thread.wants.lock !== null) {
      put(verbOf(thread), lockText(thread.wants.lock), thread.wants);
    } else if (thread.joins) {
      put('joins', threadTitle(thread.joins), thread.wants || { stack: null });
    }
    if (thread.why) {
      lines.push('    ' + thread.why);
    }
  }
  for (const line of card.querySelectorAll('.remark, .remedy, .print')) {
    lines.push('', '  ' + (line.querySelector('b')
      ? textIn(line, 'b').toLowerCase() + ': ' + textIn(line, 'span')
      : 'fingerprint: ' + textIn(line, 'code')));
  }
  return lines.join('\n') + '\n';
}

function cardActions(card, finding) {
  const text = button('Copy as text', () => copy(cardText(card, finding), text));
  const actions = make('p', { class: 'actions' }, text);
  const nodes = finding.locks.map((lock) => 'c' + data.locks[lock][9]).filter((id) => data.nodes[id]);
  if (nodes.length) {
    actions.append(button('Show in the lock graph', () => showInGraph(finding)));
  }
  return actions;
}

function addFingerprintCopy(card) {
  const line = card.querySelector('.print');
  if (line) {
    const source = button('Copy', () => copy(line.querySelector('code').textContent, source),
      { class: 'small', 'aria-label': 'Copy the fingerprint' });
    line.append(' ', source);
  }
}

/* Where it was seen, where there is a choice. */
function processesLine(finding) {
  if (finding.pids.length > 1) {
    const more = finding.processes - finding.pids.length;
    return make('p', { class: 'similar' }, 'Seen in ' + plural(finding.processes, 'process', 'processes') + ': ' +
      finding.pids.join(', ') + (more > 0 ? ' and ' + more.toLocaleString('en') + ' more' : '') +
      '; shown as in the first.');
  }
  return data.processes > 1 ? make('p', { class: 'similar' }, 'In process ' + finding.pid + '.') : null;
}

function renderCard(card) {
  const body = card.querySelector('.body');
  const finding = findingOf(card);
  if (!finding || card.dataset.rendered) {
    return;
  }
  card.dataset.rendered = 'true';
  const parts = [
    finding.threads.length ? lanesFigure(finding) : null,
    ...threadBlocks(finding),
    finding.locks.length ? make('section', { class: 'card-locks' }, make('h4', {}, 'Locks'),
      make('ul', {}, finding.locks.map(lockItem))) : null,
    finding.similar > 0 && finding.similar + 1 !== finding.processes ? make('p', { class: 'similar' }, 'And ' +
      finding.similar.toLocaleString('en') + ' more of the same locks and places.') : null,
    finding.pid && kindOf(card) ? processesLine(finding) : null,
    cardActions(card, finding),
  ];
  const marked = body.querySelectorAll('.remark, .remedy');
  const place = marked.length ? marked[marked.length - 1].nextSibling : body.firstChild;
  parts.filter(Boolean).forEach((part) => body.insertBefore(part, place));
  addFingerprintCopy(card);
}

/* Opened cards are filled when they come near the window, so that opening a thousand is quick. */
const nearby = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      nearby.unobserve(entry.target);
      renderCard(entry.target);
    }
  }
}, { rootMargin: '600px' });

function startCards() {
  const cards = [...document.querySelectorAll('details.card')];
  for (const card of cards) {
    card.addEventListener('toggle', () => {
      if (card.open && !card.dataset.rendered) {
        nearby.observe(card);
      }
    });
  }
  window.addEventListener('beforeprint', () => cards.filter((card) => card.open).forEach(renderCard));
  return cards;
}

function openCard(card) {
  card.hidden = false;
  card.open = true;
  renderCard(card);
  show(card);
  card.querySelector('summary').focus({ preventScroll: true });
}
