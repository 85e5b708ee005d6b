// The dashboard: fetches documents, draws them, and listens for news.
import * as api from './api.js';
import {byId} from './dom.js';
import * as views from './views.js';
import {currentLanguage, setLanguage, t} from './words.js';

const parts = ['status', 'breakdown', 'check', 'errors', 'jobs', 'backups'];
const documents = new Map();
let known = new Set(parts);
let history = [];
let actions = {actions: [], runs: []};
let freshness = null;
let signedIn = false;
let charts = null;

// --- Choices that are remembered ---

const remembered = (key, fallback) => {
  try { return localStorage.getItem(key) ?? fallback; } catch { return fallback; }
};
const remember = (key, value) => {
  try { localStorage.setItem(key, value); } catch { /* Then it is not remembered. */ }
};

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
function applyTheme() {
  const choice = byId('theme').value;
  const dark = choice === 'dark' || (choice === 'auto' && prefersDark.matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

function setUpChoices() {
  byId('theme').value = remembered('theme', 'auto');
  const browser = navigator.language.startsWith('zh') ? 'zh' : 'en';
  byId('language').value = remembered('language', browser);
  byId('theme').addEventListener('change', () => {
    remember('theme', byId('theme').value);
    applyTheme();
    draw();
  });
  prefersDark.addEventListener('change', () => { applyTheme(); draw(); });
  byId('language').addEventListener('change', async () => {
    remember('language', byId('language').value);
    setLanguage(byId('language').value);
    drawSession();
    draw();
    await refreshAll();
  });
  byId('heat-by').addEventListener('change', draw);
  applyTheme();
  setLanguage(byId('language').value);
}

// --- Drawing ---

function draw() {
  views.verdict(documents);
  views.figures(documents);
  const breakdown = documents.get('breakdown');
  const slots = views.timelineWords(breakdown?.document.data);
  views.historyWords(history);
  views.heat(breakdown);
  views.dimensions(breakdown);
  views.findings(documents);
  views.checks(documents.get('check'));
  views.writers(documents.get('check'));
  views.errors(documents.get('errors'));
  views.jobs(documents.get('jobs'), actions, startAction);
  views.backups(documents.get('backups'));
  views.actions(actions, startAction);
  if (freshness) views.collectors(freshness);
  if (!charts) return;
  if (breakdown?.ready) charts.timeline(slots);
  charts.history(history);
  charts.errorTimes(history);
}

function drawLive(state) {
  byId('live').dataset.state = state;
  byId('live').textContent = t({on: 'live_on', off: 'live_off', wait: 'live_wait'}[state]);
}

function drawSession() {
  byId('session').textContent = t(signedIn ? 'sign_out' : 'sign_in');
  drawLive(byId('live').dataset.state ?? 'wait');
}

// --- Fetching ---

const again = new Map();

async function refresh(name) {
  if (!known.has(name)) return;
  const language = currentLanguage();
  try {
    const answer = await api.get(name);
    if (language !== currentLanguage()) return;
    if (answer.ready) {
      documents.set(name, answer);
    } else {
      // Nobody has asked for it in this language lately: it is on its way.
      clearTimeout(again.get(name));
      again.set(name, setTimeout(() => refresh(name).then(draw), 1000));
    }
  } catch (error) {
    if (error.status === 404) known.delete(name);
    const old = documents.get(name);
    if (old) documents.set(name, {...old, stale: true});
  }
}

const quietly = async (work) => { try { await work(); } catch { /* Tried again soon. */ } };

const refreshHistory = () => quietly(async () => {
  history = (await api.get('history')).document.data.points;
});
const refreshActions = () => quietly(async () => {
  actions = (await api.get('actions')).document.data;
});
const refreshFreshness = () => quietly(async () => {
  freshness = (await api.get('collectors')).document.data;
});

async function refreshAll() {
  await refreshFreshness();
  // What this server does not have is not asked for.
  if (freshness) known = new Set(freshness.collectors.map((one) => one.name));
  await Promise.all([refreshActions(), refreshHistory(), ...parts.map(refresh)]);
  draw();
}

async function onChange(name) {
  await Promise.all([
    name === 'actions' ? refreshActions() : refresh(name),
    name === 'status' ? refreshHistory() : null,
    refreshFreshness(),
  ]);
  draw();
}

// --- Signing in, and starting work ---

let afterSignIn = null;

function askForToken(then = null) {
  afterSignIn = then;
  byId('login-problem').textContent = '';
  byId('token').value = '';
  byId('login').showModal();
}

async function startAction(name) {
  if (!signedIn) {
    askForToken(() => startAction(name));
    return;
  }
  try {
    await api.startAction(name);
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      signedIn = false;
      drawSession();
      askForToken(() => startAction(name));
    }
  }
  await refreshActions();
  draw();
}

function setUpSession() {
  byId('session').addEventListener('click', async () => {
    if (!signedIn) {
      askForToken();
      return;
    }
    await quietly(api.signOut);
    signedIn = false;
    drawSession();
  });
  byId('unlock').addEventListener('click', () => askForToken());
  byId('login-cancel').addEventListener('click', () => byId('login').close());
  byId('login-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await api.signIn(byId('token').value.trim());
    } catch (error) {
      byId('login-problem').textContent = t(error.status === 401 ? 'login_wrong' : 'login_failed');
      byId('token').select();
      return;
    }
    byId('token').value = '';
    byId('login').close();
    signedIn = true;
    drawSession();
    if (!byId('locked').hidden) start();
    else afterSignIn?.();
  });
}

// --- The beginning ---

async function start() {
  const session = await api.sessionState().catch(() => null);
  signedIn = Boolean(session?.open);
  drawSession();
  const readable = session === null || session.reader;
  byId('locked').hidden = readable;
  for (const id of ['overview', 'breakdown', 'health', 'work']) byId(id).hidden = !readable;
  if (!readable) return;
  api.listen(onChange, (state) => {
    drawLive(state);
    if (state === 'on') refreshAll();
  });
  await refreshAll();
  setInterval(() => refreshFreshness().then(draw), 15000);
  charts = await import('./charts.js');
  draw();
}

setUpChoices();
setUpSession();
draw();
start();
