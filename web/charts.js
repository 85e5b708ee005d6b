// The curves, by ECharts, which is fetched once the page itself is there.
import {init} from './echarts.js';
import {currentLanguage, number, percent, shortMoment, t} from './words.js';

const drawn = new Map();

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function frame() {
  const axis = {axisLine: {lineStyle: {color: color('--line')}}, axisLabel: {color: color('--muted'), hideOverlap: true}, axisTick: {show: false}};
  const split = {splitLine: {lineStyle: {color: color('--line')}}};
  return {
    animation: !calm(),
    animationDuration: 300,
    aria: {enabled: true},
    textStyle: {fontFamily: getComputedStyle(document.body).fontFamily},
    grid: {left: 8, right: 8, top: 36, bottom: 4, containLabel: true},
    legend: {top: 0, left: 0, itemHeight: 9, itemWidth: 16, textStyle: {color: color('--muted')}},
    // Rich text is drawn on the canvas; nothing becomes markup.
    tooltip: {trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: color('--card'),
      borderColor: color('--line'), textStyle: {color: color('--ink'), fontSize: 12}, axisPointer: {lineStyle: {color: color('--muted')}}},
    axis, split,
  };
}

const short = (value) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : number(value));

// Draws `option` into `id`, or `empty` as words when there is nothing to draw.
function draw(id, key, empty, option) {
  const element = document.getElementById(id);
  const text = JSON.stringify([key, document.documentElement.dataset.theme, currentLanguage()]);
  const before = drawn.get(id);
  if (before?.text === text) return;
  if (empty) {
    before?.chart?.dispose();
    const words = document.createElement('p');
    words.className = 'empty';
    words.textContent = empty;
    element.replaceChildren(words);
    drawn.set(id, {text});
    return;
  }
  let chart = before?.chart;
  if (!chart) {
    element.replaceChildren();
    chart = init(element);
    new ResizeObserver(() => chart.resize()).observe(element);
  }
  const label = element.getAttribute('aria-label');
  chart.setOption(option(frame()), true);
  if (label) element.setAttribute('aria-label', label);
  drawn.set(id, {text, chart});
}

export function timeline(slots) {
  draw('timeline', slots, slots.length ? null : t('no_times'), ({axis, split, ...base}) => ({
    ...base,
    xAxis: {type: 'category', data: slots.map((one) => shortMoment(one.start)), ...axis},
    yAxis: [
      {type: 'value', ...axis, ...split, axisLabel: {color: color('--muted'), formatter: short}},
      {type: 'value', min: 0, max: 1, ...axis, splitLine: {show: false}, axisLabel: {color: color('--muted'), formatter: (one) => percent(one, 0)}},
    ],
    series: [
      {name: t('tests'), type: 'bar', data: slots.map((one) => one.total_tests), itemStyle: {color: color('--s1'), borderRadius: [3, 3, 0, 0]}, tooltip: {valueFormatter: number}},
      {name: t('success_rate'), type: 'line', yAxisIndex: 1, data: slots.map((one) => one.success_rate), symbol: 'none', lineStyle: {width: 2}, itemStyle: {color: color('--s2')}, tooltip: {valueFormatter: (one) => percent(one)}},
    ],
  }));
}

export function history(points) {
  const at = (one) => Date.parse(one.time);
  draw('history', points, points.length > 1 ? null : t('no_points_yet'), ({axis, split, ...base}) => ({
    ...base,
    xAxis: {type: 'time', ...axis},
    yAxis: [
      {type: 'value', scale: true, ...axis, ...split, minInterval: 1, axisLabel: {color: color('--muted'), formatter: short}},
      {type: 'value', min: 0, minInterval: 1, ...axis, splitLine: {show: false}, axisLabel: {color: color('--muted'), formatter: short}},
    ],
    series: [
      {name: t('tests'), type: 'line', step: 'end', symbol: 'none', data: points.map((one) => [at(one), one.tests]), lineStyle: {width: 2}, itemStyle: {color: color('--s1')}, tooltip: {valueFormatter: number}},
      {name: t('waiting_rows'), type: 'line', step: 'end', symbol: 'none', yAxisIndex: 1, data: points.map((one) => [at(one), one.waiting_rows]), lineStyle: {width: 2, type: 'dashed'}, itemStyle: {color: color('--s2')}, tooltip: {valueFormatter: number}},
    ],
  }));
}

// What was new at each point, class by class.
export function errorTimes(points) {
  const classes = [...new Set(points.flatMap((one) => Object.keys(one.errors)))];
  const element = document.getElementById('errors-chart');
  const grown = points.slice(1).map((one, index) => ({
    time: one.time,
    by: classes.map((name) => Math.max(0, (one.errors[name] ?? 0) - (points[index].errors[name] ?? one.errors[name] ?? 0))),
  }));
  const any = grown.some((one) => one.by.some((count) => count > 0));
  element.hidden = !any;
  if (!any) return;
  element.setAttribute('aria-label', t('new_errors'));
  draw('errors-chart', grown, null, ({axis, split, ...base}) => ({
    ...base,
    xAxis: {type: 'time', ...axis},
    yAxis: {type: 'value', minInterval: 1, ...axis, ...split},
    series: classes.map((name, index) => ({
      name: t(`class_${name}`), type: 'bar', stack: 'all', barMaxWidth: 14, itemStyle: {color: color(`--s${index % 5 + 1}`)},
      data: grown.map((one) => [Date.parse(one.time), one.by[index]]),
    })),
  }));
}
