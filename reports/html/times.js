/* How waits and holds are spread: small pictures in the table of locks, large ones where a row is
 * opened. Bars stand for times of 2^(i/2) to 2^((i+1)/2) ns; their height is the share of the highest,
 * its root, so that the rare long ones are seen. */
const SPARK = { width: 96, height: 20 };
const CHART = { width: 440, height: 150, left: 30, right: 34, top: 22, bottom: 34 };

function boundOf(place) {
  return place === 0 ? 0 : Math.round(2 ** (place / 2));
}

/* [first place, counts ...] as objects, or nothing. */
function placesOf(times) {
  return (times || []).slice(1).map((count, i) => ({ place: times[0] + i, count }));
}

function totalOf(times) {
  return placesOf(times).reduce((sum, one) => sum + one.count, 0);
}

/* As lh_times_quantile(): the upper end of the place, or the longest if that is less. */
function quantile(times, percent, longest) {
  const wanted = totalOf(times) * percent / 100;
  let sum = 0;
  for (const one of placesOf(times)) {
    sum += one.count;
    if (sum >= wanted) {
      return Math.min(longest, boundOf(one.place + 1));
    }
  }
  return longest;
}

function timesText(times, word, longest) {
  return plural(totalOf(times), word) + ': half up to ' + timeText(quantile(times, 50, longest)) +
    ', 90% up to ' + timeText(quantile(times, 90, longest)) +
    ', 99% up to ' + timeText(quantile(times, 99, longest)) + ', longest ' + timeText(longest);
}

/* The places that any row has, so that pictures beneath each other compare. */
function spanOf(index) {
  const all = data.rows.flatMap((row) => (row[index] ? [row[index][0], row[index][0] + row[index].length - 2] : []));
  return all.length ? { first: Math.min(...all), last: Math.max(...all) } : { first: 0, last: 0 };
}

function barsOf(times, span, box) {
  const width = (box.right - box.left) / (span.last - span.first + 1);
  const highest = placesOf(times).reduce((most, one) => Math.max(most, one.count), 1);
  return placesOf(times).filter((one) => one.count > 0).map((one) => {
    const height = Math.max(1.5, (box.bottom - box.top) * Math.sqrt(one.count / highest));
    return draw('rect', {
      x: (box.left + (one.place - span.first) * width).toFixed(1),
      y: (box.bottom - height).toFixed(1),
      width: Math.max(1, width - 0.5).toFixed(1),
      height: height.toFixed(1),
    });
  });
}

function spark(times, span) {
  const box = { left: 0, right: SPARK.width, top: 1, bottom: SPARK.height };
  return draw('svg', {
    class: 'spark', width: SPARK.width, height: SPARK.height, 'aria-hidden': 'true', focusable: 'false',
    viewBox: '0 0 ' + SPARK.width + ' ' + SPARK.height,
  }, barsOf(times, span, box));
}

/* Powers of ten along the axis, not too close to each other. */
function ticksOf(span, x) {
  const ticks = [];
  for (let ns = 1; ns < 1e15; ns *= 10) {
    const place = 2 * Math.log2(ns);
    if (place >= span.first && place <= span.last + 1) {
      ticks.push(draw('line', { x1: x(place), x2: x(place), y1: CHART.height - CHART.bottom,
        y2: CHART.height - CHART.bottom + 4 }),
      draw('text', { x: x(place), y: CHART.height - CHART.bottom + 17, 'text-anchor': 'middle' },
        timeText(ns).replace(/\.0+ /, ' ')));
    }
  }
  return ticks;
}

function marksOf(times, longest, span, x) {
  return [['50%', quantile(times, 50, longest)], ['99%', quantile(times, 99, longest)]].map(([text, ns], i) => {
    const at = x(Math.min(span.last + 1, Math.max(span.first, 2 * Math.log2(Math.max(1, ns)))));
    return [
      draw('line', { class: 'mark', x1: at, x2: at, y1: CHART.top - 6, y2: CHART.height - CHART.bottom }),
      draw('text', { class: 'mark', x: at, y: CHART.top - 10, 'text-anchor': i === 0 ? 'end' : 'start' }, text),
    ];
  });
}

function chart(times, word, longest, title) {
  const own = placesOf(times);
  const span = { first: own[0].place - 1, last: Math.max(own[own.length - 1].place, own[0].place + 12) };
  const box = { left: CHART.left, right: CHART.width - CHART.right, top: CHART.top,
    bottom: CHART.height - CHART.bottom };
  const x = (place) => (box.left + (place - span.first) * (box.right - box.left) / (span.last - span.first + 1)).toFixed(1);
  const text = timesText(times, word, longest);
  return make('figure', { class: 'chart' },
    make('h4', {}, title),
    draw('svg', { role: 'img', 'aria-label': title + ': ' + text, viewBox: '0 0 ' + CHART.width + ' ' + CHART.height },
      barsOf(times, span, box),
      draw('line', { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
      ticksOf(span, x), marksOf(times, longest, span, x)),
    make('figcaption', {}, text + '. The bars are as high as the root of what they count.'));
}
