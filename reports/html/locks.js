/* The table of locks: sorted by any column, filtered by name, as many rows as one wants. */
const ROWS_AT_ONCE = 100;
/* Places of the distributions in a row. */
const WAITS = 14;
const HOLDS = 15;

function orDash(value, text) {
  return value === null ? '\u2013' : text(value);
}

/* Columns: title, help, what to sort by, what to show, whether numbers. */
const columns = [
  { title: 'Class', key: (row) => row[0].toLowerCase(), cell: lockCell },
  { title: 'Kind', key: (row) => row[1], cell: (row) => row[1] },
  { title: 'Locks', number: true, key: (row) => row[2], cell: (row) => row[2].toLocaleString('en') },
  { title: 'Acquired', number: true, key: (row) => row[3], cell: (row) => row[3].toLocaleString('en') },
  { title: 'Contended', number: true, key: (row) => row[4], bar: (row) => (row[3] ? row[4] / row[3] : 0),
    help: 'acquisitions that had to wait; the bar is their share',
    cell: (row) => (row[4] ? row[4].toLocaleString('en') + ' (' + (100 * row[4] / Math.max(1, row[3])).toFixed(1) + '%)' : '0') },
  { title: 'Wait', number: true, key: (row) => row[5], bar: (row) => (row[5] || 0) / most(5),
    help: 'of all threads together; the bar compares classes', cell: (row) => orDash(row[5], timeText) },
  { title: 'Longest wait', number: true, key: (row) => row[6], times: WAITS,
    help: 'above: how long each wait was, short ones on the left, one scale for all rows',
    cell: (row) => orDash(row[6], timeText) },
  { title: 'Hold', number: true, key: (row) => row[7], bar: (row) => (row[7] || 0) / most(7),
    help: '~ estimated from the holds that were measured; the bar compares classes',
    cell: (row) => orDash(row[7], (ns) => (row[9] ? '~' : '') + timeText(ns)) },
  { title: 'Longest hold', number: true, key: (row) => row[8], times: HOLDS,
    help: 'of the holds that were measured; the picture: how long each was, short ones on the left',
    cell: (row) => orDash(row[8], timeText) },
  { title: 'Born', key: (row) => (row[11] === null ? '' : data.frames[row[11]][1]), cell: bornCell },
];
const table = { column: 5, up: false, limit: ROWS_AT_ONCE, text: '', most: {}, spans: {} };

function most(index) {
  if (!(index in table.most)) {
    table.most[index] = data.rows.reduce((best, row) => Math.max(best, row[index] || 0), 1);
  }
  return table.most[index];
}

function lockCell(row) {
  const node = 'c' + row[12];
  if (!data.nodes[node]) {
    return name(row[0], 'name');
  }
  return button(breakable(row[0]), () => {
    choose(node);
    show(byId('graph'));
    bringIntoView(node);
  }, { class: 'link', title: 'Show in the lock graph' });
}

/* The folder is seldom of interest, and makes the column wide. */
function placeCell(place) {
  const short = name(place.slice(place.lastIndexOf('/') + 1), 'place');
  short.title = place;
  return short;
}

function bornCell(row) {
  return row[11] === null ? '\u2013'
    : [name(data.frames[row[11]][0], 'function'), ' ', placeCell(data.frames[row[11]][1])];
}

function barOf(share) {
  const bar = make('i', {});
  bar.style.width = (100 * Math.min(1, share)).toFixed(1) + '%';
  return make('span', { class: 'bar', 'aria-hidden': 'true' }, bar);
}

function compare(a, b) {
  if (a === b) {
    return 0;
  }
  if (a === null || b === null) {
    return a === null ? 1 : -1;
  }
  return a < b ? -1 : 1;
}

/* Numbers begin with the largest; what was not measured comes last either way. */
function sortedRows() {
  const { key } = columns[table.column];
  const rows = data.rows.filter((row) => !table.text || row[0].toLowerCase().includes(table.text) ||
    row[1].includes(table.text));
  const direction = table.up ? 1 : -1;
  return rows.map((row) => [key(row), row]).sort((a, b) =>
    (a[0] === null || b[0] === null ? compare(a[0], b[0]) : direction * compare(a[0], b[0])))
    .map((pair) => pair[1]);
}

/* The picture in a cell; pressed, the row opens. */
function timesButton(row, index) {
  if (!(index in table.spans)) {
    table.spans[index] = spanOf(index);
  }
  const what = index === WAITS ? 'wait' : 'hold';
  const text = timesText(row[index], what, row[index === WAITS ? 6 : 8]);
  return button(spark(row[index], table.spans[index]), (event) => toggleTimes(event.currentTarget, row),
    { class: 'times', title: text, 'aria-label': text, 'aria-expanded': 'false' });
}

function toggleTimes(source, row) {
  const place = source.closest('tr');
  const open = !place.classList.contains('open');
  place.classList.toggle('open', open);
  for (const one of place.querySelectorAll('.times')) {
    one.setAttribute('aria-expanded', String(open));
  }
  if (!open) {
    place.nextElementSibling.remove();
    return;
  }
  place.after(make('tr', { class: 'opened' }, make('td', { colspan: columns.length }, make('div', { class: 'charts' },
    row[WAITS] ? chart(row[WAITS], 'wait', row[6], 'Waits for ' + row[0]) : null,
    row[HOLDS] ? chart(row[HOLDS], 'measured hold', row[8], 'Holds of ' + row[0]) : null))));
}

function rowElement(row) {
  return make('tr', {}, columns.map((column, i) => make(i === 0 ? 'th' : 'td', {
    class: column.number ? 'number' : null,
    scope: i === 0 ? 'row' : null,
  }, column.cell(row), column.bar && column.bar(row) > 0 ? barOf(column.bar(row)) : null,
  column.times && row[column.times] ? timesButton(row, column.times) : null)));
}

function fillTable() {
  const rows = sortedRows();
  table.body.replaceChildren(...rows.slice(0, table.limit).map(rowElement));
  table.heads.forEach((head, i) => {
    head.setAttribute('aria-sort', i === table.column ? (table.up ? 'ascending' : 'descending') : 'none');
  });
  table.more.hidden = rows.length <= table.limit;
  table.more.textContent = 'Show all ' + rows.length.toLocaleString('en');
  table.shown.textContent = plural(rows.length, 'class', 'classes');
}

function sortBy(index) {
  table.up = index === table.column ? !table.up : !columns[index].number;
  table.column = index;
  fillTable();
  say('Sorted by ' + columns[index].title + ', ' + (table.up ? 'ascending' : 'descending'));
}

function startLocks() {
  const place = byId('lock-table');
  if (!place) {
    return;
  }
  if (data.rows.every((row) => row[5] === null)) {
    table.column = 3;
  }
  table.heads = columns.map((column, i) => make('th', { scope: 'col', class: column.number ? 'number' : null },
    button(column.title, () => sortBy(i), { class: 'sort', title: column.help || null })));
  table.body = make('tbody');
  table.shown = make('span', { class: 'shown' });
  table.more = button('', () => {
    table.limit = Infinity;
    fillTable();
  });
  const find = make('input', { type: 'search', placeholder: 'name or kind', 'aria-label': 'Show locks that contain',
    on: { input: () => {
      table.text = find.value.toLowerCase().trim();
      fillTable();
      say(table.shown.textContent + ' shown');
    } } });
  const hint = data.rows.some((row) => row[WAITS] || row[HOLDS]) ?
    make('span', { class: 'shown' }, 'Press a picture of waits or holds to see it large') : null;
  place.append(make('div', { class: 'tools' }, find, table.shown, hint),
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of locks' },
      make('table', { class: 'locks' }, make('thead', {}, make('tr', {}, table.heads)), table.body)),
    table.more);
  fillTable();
}
