// The language of the page: words, numbers, times.
import en from './en.js';
import zh from './zh.js';

const catalogues = {en, zh};
let language = 'en';

export function setLanguage(wanted) {
  language = wanted in catalogues ? wanted : 'en';
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = t(element.dataset.t);
  }
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.dataset.tLabel));
  }
}

export const currentLanguage = () => language;

const locale = () => (language === 'zh' ? 'zh-CN' : 'en-GB');

// The word of that key, with {0}, {1} ... filled in.
export function t(key, ...args) {
  const text = catalogues[language][key] ?? key;
  return text.replace(/\{(\d)\}/g, (all, digit) => args[digit] ?? all);
}

// The word of `prefix + name` when there is one, else the name itself.
export function named(prefix, name) {
  return catalogues[language][prefix + name] ?? String(name);
}

export function number(value) {
  return value === null || value === undefined
    ? '–' : new Intl.NumberFormat(locale()).format(value);
}

export function percent(value, digits = 1) {
  return value === null || value === undefined
    ? '–'
    : new Intl.NumberFormat(locale(), {
      style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(value);
}

export function bytes(value) {
  if (value === null || value === undefined) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  let size = value;
  while (size >= 1024 && step < units.length - 1) {
    size /= 1024;
    step += 1;
  }
  return `${new Intl.NumberFormat(locale(), {maximumFractionDigits: step ? 1 : 0}).format(size)} ${units[step]}`;
}

// A moment of ISO 8601; a time without a zone is shown as it stands.
export function moment(text) {
  if (!text) return '–';
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const today = time.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(locale(), today
    ? {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false}
    : {year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false}).format(time);
}

// The same for an axis: without the year.
export function shortMoment(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return new Intl.DateTimeFormat(locale(), {month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false}).format(time);
}

const spans = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

// "3 hours ago"
export function ago(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  const [size, unit] = spans.find(([one]) => Math.abs(seconds) >= one) ?? spans[3];
  return new Intl.RelativeTimeFormat(locale(), {numeric: 'auto'}).format(-Math.round(seconds / size), unit);
}

// "1 hour"
export function span(seconds) {
  const [size, unit] = spans.find(([one]) => seconds >= one && seconds % one === 0) ?? spans[3];
  return new Intl.NumberFormat(locale(), {style: 'unit', unit, unitDisplay: 'long'}).format(seconds / size);
}
