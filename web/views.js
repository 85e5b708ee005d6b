// Each part of the page, drawn from the documents.
import {byId, h, show, table} from './dom.js';
import {ago, bytes, currentLanguage, moment, named, number, percent, span, t} from './words.js';

const gravity = {ok: 0, info: 0, warning: 1, unknown: 1, critical: 2, failed: 2};
const apiClasses = ['rate_limit', 'auth', 'timeout', 'network'];

const state = (name) => h('span', {class: `state ${name}`}, t(name));
const dimension = (column) => named('dim_', column);
const valueOf = (value) => (value === null || value === '' ? t('none') : value);

// Marks the cards whose document is no longer the present.
function freshness(id, entry) {
  const card = byId(id);
  card.hidden = !entry;
  card.classList.toggle('stale', Boolean(entry?.stale));
  card.title = entry?.stale ? t('stale_since', moment(entry.collected)) : '';
}

// All findings of all documents, the gravest first, none twice.
export function allFindings(documents) {
  const seen = new Map();
  for (const entry of documents.values()) {
    for (const finding of entry.document.findings ?? []) {
      seen.set(`${finding.code}\n${finding.path}\n${finding.message}`, finding);
    }
  }
  return [...seen.values()].sort((a, b) => gravity[b.severity] - gravity[a.severity]);
}

export function verdict(documents) {
  const findings = allFindings(documents).filter((one) => gravity[one.severity] > 0);
  const checks = documents.get('check')?.document.data.checks ?? [];
  const failing = checks.filter((one) => ['warning', 'critical'].includes(one.status));
  const ready = documents.get('status')?.ready;
  const stale = [...documents.values()].some((one) => one.stale) ||
    checks.some((one) => one.status === 'unknown');
  const count = Math.max(findings.length, failing.length);
  const worst = [...findings.map((one) => one.severity), ...failing.map((one) => one.status)]
    .reduce((a, b) => (gravity[b] > gravity[a] ? b : a), stale ? 'unknown' : 'ok');
  show('verdict', [ready, count, worst, findings[0], failing[0], currentLanguage()], () => {
    byId('verdict').dataset.state = ready ? worst : 'wait';
    if (!ready) return h('strong', {}, t('verdict_wait'));
    if (count === 0) {
      return stale
        ? h('strong', {}, t('verdict_unknown'))
        : [h('strong', {}, t('verdict_ok')), h('span', {}, t('verdict_ok_text'))];
    }
    const first = findings[0] ?? failing[0];
    return [
      h('strong', {}, count === 1 ? t('verdict_one') : t('verdict_some', number(count))),
      h('span', {}, first.path && !first.path.startsWith('/') && !first.message.includes(first.path) ? `${first.path}: ${first.message}` : first.message),
      first.fix ? h('span', {class: 'muted'}, `${t('cure')} ${first.fix}`) : null,
    ];
  });
}

export function figures(documents) {
  const data = documents.get('status')?.document.data ?? {};
  const errors = documents.get('errors')?.document.data;
  const classes = errors?.classes;
  show('figures', [data, classes, currentLanguage()], () => {
    const {results, master, increments} = data;
    const figure = (key, value, note, id) => h('dl', {class: 'figure'},
      h('dt', {}, t(key)), h('dd', {id, class: key === 'newest' ? 'long' : null}, value), note ? h('dd', {class: 'note'}, note) : null);
    const waiting = increments && increments.files > 0;
    return [
      figure('tests', number(results?.total_tests ?? (data.results === null ? 0 : null)), t('tests_note'), 'figure-tests'),
      figure('success', percent(results?.success_rate), t('success_note', number(results?.successes)), 'figure-success'),
      figure('waiting', increments ? t('files', number(increments.files)) : '–',
        !increments ? t('waiting_unknown') : waiting ? t('waiting_note', number(increments.rows), ago(increments.oldest_age_seconds)) : t('waiting_none'), 'figure-waiting'),
      master ? figure('master', number(master.total_tests), t('master_note', number(master.leaves)), 'figure-master') : null,
      classes ? figure('api_errors', number(apiClasses.reduce((sum, one) => sum + (classes[one] ?? 0), 0)), t('api_errors_note'), 'figure-errors') : null,
      results?.newest ? figure('newest', moment(results.newest.slice(0, 19)), t('newest_note'), 'figure-newest') : null,
    ];
  });
}

export function timelineWords(data) {
  const slots = data?.timeline?.slots ?? [];
  const length = data?.timeline?.slot_seconds ?? 0;
  byId('timeline-sub').textContent = length ? t('per_slot', span(length)) : '';
  byId('timeline').setAttribute('aria-label', t('tests_over_time'));
  show('timeline-table', [slots, currentLanguage()], () => table(
    [t('time'), {text: t('tests'), class: 'num'}, {text: t('success_rate'), class: 'num'}],
    slots.map((one) => [moment(one.start), {text: number(one.total_tests), class: 'num'}, {text: percent(one.success_rate), class: 'num'}])));
  return slots;
}

export function historyWords(points) {
  byId('history-sub').textContent = t('since_start_sub');
  byId('history').setAttribute('aria-label', t('since_start'));
  show('history-table', [points, currentLanguage()], () => table(
    [t('time'), {text: t('tests'), class: 'num'}, {text: t('waiting_rows'), class: 'num'}],
    points.map((one) => [moment(one.time), {text: number(one.tests), class: 'num'}, {text: number(one.waiting_rows), class: 'num'}]).reverse()));
}

function heatCell(cell) {
  if (!cell) return h('td', {class: 'none'}, '–');
  const rate = cell.success_rate;
  return h('td', {class: rate === null ? 'none' : `h${Math.round(rate * 10)}`},
    percent(rate, 0), h('small', {}, number(cell.total_tests)));
}

export function heat(entry) {
  const data = entry?.document.data;
  const matrices = data?.matrices ?? [];
  const source = data?.source;
  byId('breakdown-sub').textContent = entry?.ready
    ? t(`source_${source ?? 'none'}`, number(data.total_tests)) : '';
  byId('breakdown').classList.toggle('stale', Boolean(entry?.stale));
  const select = byId('heat-by');
  const chosen = select.value || matrices[0]?.columns;
  show('heat-by', [matrices.map((one) => one.columns), currentLanguage()], () => matrices.map(
    (one) => h('option', {value: one.columns, selected: one.columns === chosen}, dimension(one.columns))));
  const matrix = matrices.find((one) => one.columns === (select.value || chosen));
  show('heat', [matrix, data?.total_tests, currentLanguage()], () => {
    if (!matrix) return h('p', {class: 'muted'}, t('source_none'));
    const rows = data.dimensions.find((one) => one.column === matrix.rows).parts;
    const columns = data.dimensions.find((one) => one.column === matrix.columns).parts;
    const cells = new Map(matrix.cells.map((one) => [`${one.row} ${one.column}`, one]));
    return h('table', {class: 'heat'},
      h('caption', {}, t('heat_caption')),
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, dimension(matrix.rows)),
        columns.map((one) => h('th', {scope: 'col'}, valueOf(one.value).replaceAll('_', ' '))))),
      h('tbody', {}, rows.map((row, r) => h('tr', {}, h('th', {scope: 'row'}, valueOf(row.value)),
        columns.map((_, c) => heatCell(cells.get(`${r} ${c}`)))))));
  });
}

function bars(parts, valueText) {
  return h('ul', {class: 'bars'}, parts.map((one) => {
    const fill = h('div', {class: 'fill'});
    fill.style.width = `${Math.max(0, Math.min(1, one.share ?? 0)) * 100}%`;
    return h('li', {},
      h('span', {class: 'name'}, one.name),
      h('span', {class: 'track', 'aria-hidden': 'true'}, fill),
      h('span', {class: 'value'}, valueText(one)));
  }));
}

export function dimensions(entry) {
  const data = entry?.document.data;
  show('dimensions', [data?.dimensions, currentLanguage()], () => (data?.dimensions ?? []).slice(1)
    .filter((one) => one.parts.some((part) => part.value !== null))
    .map((one) => h('article', {class: 'card'},
      h('header', {}, h('h3', {}, t('success_by', dimension(one.column)))),
      bars(one.parts.map((part) => ({
        name: valueOf(part.value).replaceAll('_', ' '), share: part.success_rate, part,
      })), ({part}) => [percent(part.success_rate), ' ', h('small', {}, number(part.total_tests))]))));
}

export function findings(documents) {
  const list = allFindings(documents);
  show('findings', [list, currentLanguage()], () => (list.length === 0
    ? h('p', {class: 'muted'}, t('no_findings'))
    : h('ul', {class: 'findings'}, list.map((one) => h('li', {class: one.severity},
      h('span', {}, h('span', {class: `state ${one.severity}`}, t(one.severity)), ' ', one.message),
      one.path && !one.message.includes(one.path) ? h('code', {}, one.path) : null,
      one.fix ? h('span', {class: 'muted'}, `${t('cure')} ${one.fix}`) : null)))));
}

export function checks(entry) {
  freshness('checks-card', entry);
  const list = entry?.document.data.checks ?? [];
  show('checks', [list, currentLanguage()], () => table([t('check'), t('state'), t('what')],
    list.map((one) => [named('check_', one.name), state(one.status),
      h('div', {}, one.message, one.fix ? h('div', {class: 'muted'}, `${t('cure')} ${one.fix}`) : null)])));
}

export function writers(entry) {
  const check = entry?.document.data.checks?.find((one) => one.name === 'processes');
  const list = check?.details?.writers ?? null;
  freshness('writers-card', list === null ? null : entry);
  show('writers', [list, currentLanguage()], () => (!list || list.length === 0
    ? h('p', {class: 'muted'}, t('no_writers'))
    : table([t('process'), t('state'), t('command'), t('last_write')],
      list.map((one) => [String(one.pid), h('span', {class: `state ${{alive: 'ok', stuck: 'critical'}[one.state] ?? ''}`}, named('state_', one.state)),
        h('code', {}, one.name ?? ''), one.last_write ? moment(new Date(one.last_write * 1000).toISOString()) : '–']))));
}

export function errors(entry) {
  freshness('errors-card', entry);
  const data = entry?.document.data;
  if (!data) return;
  byId('errors-sub').textContent = t('errors_sub', number(data.errors ?? 0), number(data.files ?? 0));
  const classes = Object.entries(data.classes ?? {}).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...classes.map(([, count]) => count));
  show('error-classes', [classes, currentLanguage()], () => (classes.length === 0
    ? h('p', {class: 'muted'}, t('no_errors'))
    : bars(classes.map(([name, count]) => ({name: t(`class_${name}`), share: count / most, count})), ({count}) => number(count))));
  const causes = (data.causes ?? []).slice(0, 25);
  show('errors', [causes, currentLanguage()], () => (causes.length === 0 ? [] : table(
    [t('class'), t('cause'), {text: t('count'), class: 'num'}, t('last_seen')],
    causes.map((one) => [named('class_', one.class),
      h('div', {class: 'pattern'}, one.pattern, one.new ? [' ', h('span', {class: 'state warning'}, t('new_badge'))] : null),
      {text: number(one.count), class: 'num'}, {text: moment(one.last), class: 'nowrap'}]))));
}

const actionName = (name) => (name.startsWith('job-') ? t('job_run', name.slice(4)) : named('action_', name));

export function jobs(entry, actions, start) {
  freshness('jobs-card', entry);
  const data = entry?.document.data;
  if (!data) return;
  const list = data.jobs ?? [];
  const running = new Set(actions.runs.filter((one) => !one.ended).map((one) => one.action));
  const runnable = new Set(actions.actions.map((one) => one.name));
  const button = (name, status) => (status !== 'unavailable' && runnable.has(`job-${name}`) ? h('button', {
    type: 'button', id: `run-${name}`, 'aria-label': t('job_run', name), disabled: running.has(`job-${name}`), onclick: () => start(`job-${name}`),
  }, t('run_now')) : '');
  show('jobs', [data, [...runnable], [...running], currentLanguage()], () => [
    data.daemon && !data.daemon.running ? h('p', {class: 'muted'}, t('daemon_off')) : null,
    list.length === 0 ? h('p', {class: 'muted'}, t('no_jobs')) : table(
      [t('job'), t('schedule'), t('state'), t('last_run'), t('next_run'), {text: h('span', {class: 'hidden'}, t('run_now'))}],
      list.map((one) => [one.name, h('code', {}, one.schedule ?? ''),
        h('span', {class: `state ${one.state === 'failing' ? 'critical' : one.state === 'running' ? 'ok' : ''}`}, named('state_', one.state)),
        {text: moment(one.last), class: 'nowrap'}, {text: moment(one.next), class: 'nowrap'}, button(one.name, one.state)])),
  ]);
}

export function backups(entry) {
  freshness('backups-card', entry);
  const data = entry?.document.data;
  if (!data) return;
  const list = [...data.backups ?? []].sort((a, b) => (b.created_at ?? '').localeCompare(a.created_at ?? '')).slice(0, 12);
  const looks = {good: 'ok', suspect: 'warning', bad: 'critical'};
  show('backups', [list, currentLanguage()], () => (list.length === 0
    ? h('p', {class: 'muted'}, t('no_backups'))
    : table([t('backup'), t('state'), t('made'), {text: t('tests'), class: 'num'}, {text: t('size'), class: 'num'}],
      list.map((one) => [h('code', {}, one.id), h('span', {class: `state ${looks[one.state] ?? ''}`}, named('state_', one.state)),
        {text: moment(one.created_at), class: 'nowrap'},
        {text: number(one.total_tests), class: 'num'}, {text: bytes(one.bytes), class: 'num'}]))));
}

function runResult(run) {
  if (run.error) return t('run_not_started', run.error);
  if (!run.ended) return t('run_running');
  const {data = {}, findings: found = []} = run.document ?? {};
  if (run.document?.status === 'failed') return found[0]?.message ?? t('failed');
  if (data.files_merged !== undefined) {
    return t('run_merged', number(data.files_merged), number(data.rows_added), number(data.rows_replaced));
  }
  if (data.run) return named('run_', data.run.status);
  if (data.id) return t('run_backup', data.id, named('state_', data.state ?? ''));
  return '';
}

export function actions(data, start) {
  const running = new Set(data.runs.filter((one) => !one.ended).map((one) => one.action));
  const plain = data.actions.filter((one) => !one.name.startsWith('job-'));
  show('actions', [plain, [...running], currentLanguage()], () => plain.map((one) => h('button', {
    type: 'button', class: 'primary', id: `action-${one.name}`, title: one.command, disabled: running.has(one.name), onclick: () => start(one.name),
  }, named('action_', one.name))));
  const runs = data.runs.slice(0, 5);
  show('runs', [runs, currentLanguage()], () => (runs.length === 0 ? [] : h('ul', {class: 'findings'}, runs.map((one) => {
    const status = one.error ? 'failed' : one.document?.status;
    return h('li', {class: status === 'failed' ? 'critical' : ''},
      h('span', {}, t('run_started', actionName(one.action), moment(one.started)), ' ',
        one.ended ? h('span', {class: `state ${status === 'failed' ? 'critical' : status}`}, t(status)) : null),
      h('span', {class: 'muted'}, runResult(one)));
  }))));
}

export function collectors(data) {
  byId('store').textContent = data.store;
  byId('version').textContent = `benchkeep ${data.version}`;
  document.title = `${data.store} – benchkeep`;
  show('collectors', [data.collectors, currentLanguage()], () => table(
    [t('collector'), t('state'), t('last_success'), {text: t('took'), class: 'num'}],
    data.collectors.map((one) => {
      const word = one.up ? 'up' : one.runs === 0 ? 'wait' : 'down';
      return [h('code', {}, one.name), h('span', {class: `state ${{up: 'ok', down: 'critical', wait: ''}[word]}`}, t(`collector_${word}`)),
        one.last_success ? moment(one.last_success) : t('never'),
        {text: one.runs ? t('seconds', number(Math.round(one.seconds * 100) / 100)) : '–', class: 'num'}];
    })));
}
