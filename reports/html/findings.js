/* The list of findings: filters by severity, kind and text, and opening all. */
const severities = ['error', 'warning', 'note'];
const states = ['new', 'known'];

/* Everything that one may look for in a finding; made when first asked for. */
function haystack(card) {
  if (!card.haystack) {
    const finding = findingOf(card);
    const stacks = new Set();
    finding.threads.forEach((thread) => [...thread.holds, thread.wants].forEach((held) => {
      if (held && held.stack !== null) {
        stacks.add(held.stack);
      }
    }));
    const frames = new Set([...stacks].flatMap(framesOf));
    card.haystack = [card.textContent, ...finding.locks.map(lockText), ...finding.threads.map(threadTitle),
      ...[...frames].map(frameText)].join('\n').toLowerCase();
  }
  return card.haystack;
}

function choices(values, counts, listener) {
  return values.filter((value) => counts[value]).map((value) => {
    const source = button([value + ' ', make('span', { class: 'count' }, String(counts[value]))], () => {
      source.setAttribute('aria-pressed', source.getAttribute('aria-pressed') === 'true' ? 'false' : 'true');
      listener();
    }, { class: 'choice ' + value, 'aria-pressed': 'true', 'data-value': value });
    return source;
  });
}

function tally(cards, property) {
  const counts = {};
  cards.forEach((card) => {
    counts[property(card)] = (counts[property(card)] || 0) + 1;
  });
  return counts;
}

function tellLeftOut(bar) {
  if (data.excerpts_left_out > 0) {
    bar.after(make('p', { class: 'about' }, 'Source lines of ' + plural(data.excerpts_left_out, 'place') +
      ' were left out to keep the page small.'));
  }
}

function startFindings(cards) {
  const bar = byId('finding-filter');
  tellLeftOut(bar);
  const first = cards.filter((card) => stateOf(card) !== 'known');
  first.slice(0, cards.length <= 3 ? 3 : 1).forEach((card) => {
    card.open = true;
    renderCard(card);
  });
  if (cards.length < 2) {
    return;
  }
  const kinds = tally(cards, kindOf);
  const shown = make('span', { class: 'shown' });
  const text = make('input', { type: 'search', placeholder: 'lock, function, file, thread \u2026',
    'aria-label': 'Show findings that contain', on: { input: apply } });
  const kind = make('select', { 'aria-label': 'Kind of finding', on: { change: apply } },
    make('option', { value: '' }, 'all kinds'),
    Object.keys(kinds).map((one) => make('option', { value: one }, one + ' (' + kinds[one] + ')')));
  const severity = choices(severities, tally(cards, severityOf), apply);
  const counts = tally(cards, stateOf);
  const state = counts.new && counts.known ? choices(states, counts, apply) : [];
  const all = button('Open all', () => {
    const visible = cards.filter((card) => !card.hidden);
    const open = visible.some((card) => !card.open);
    visible.forEach((card) => {
      card.open = open;
    });
    all.textContent = open ? 'Close all' : 'Open all';
  });

  function chosen(buttons) {
    return buttons.filter((one) => one.getAttribute('aria-pressed') === 'true').map((one) => one.dataset.value);
  }

  function apply() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = chosen(severity);
    const wantedStates = chosen(state);
    let count = 0;
    for (const card of cards) {
      const fits = wanted.includes(severityOf(card)) &&
        (!state.length || wantedStates.includes(stateOf(card))) &&
        (!kind.value || kindOf(card) === kind.value) &&
        words.every((word) => haystack(card).includes(word));
      card.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === cards.length ? plural(count, 'finding')
      : count + ' of ' + plural(cards.length, 'finding');
    say(shown.textContent + ' shown');
  }

  bar.append(text, kind, make('span', { class: 'choices', role: 'group', 'aria-label': 'Severity' }, severity),
    state.length ? make('span', { class: 'choices', role: 'group', 'aria-label': 'Baseline' }, state) : '',
    shown, all);
  shown.textContent = plural(cards.length, 'finding');
}
