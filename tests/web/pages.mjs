// Opens the dashboard in Chromium, uses it, and prints what it saw as JSON.
//
// usage: node pages.mjs MODULES URL TOKEN PICTURES
// MODULES is where playwright-core and axe-core are installed.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const [modules, url, token, pictures] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const {chromium} = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu']});
const seen = {views: [], problems: [], requests: [], live: {}, action: {}};

// A page whose every request and complaint is written down.
async function open(options) {
  const context = await browser.newContext({bypassCSP: false, ...options});
  const page = await context.newPage();
  page.on('pageerror', (error) => seen.problems.push(error.message));
  page.on('console', (message) => {
    // 401 and 503 are answers that the page knows what to do with.
    if (message.type() === 'error' && !/status of (401|503)/.test(message.text())) seen.problems.push(message.text());
  });
  page.on('request', (request) => seen.requests.push(request.url()));
  await page.goto(url);
  await page.waitForSelector('#heat table');
  await page.waitForSelector('#timeline canvas');
  await page.waitForFunction(() => document.querySelector('#live').dataset.state === 'on');
  return page;
}

const figures = (page) => page.evaluate(() => ({
  tests: document.querySelector('#figure-tests').textContent,
  success: document.querySelector('#figure-success').textContent,
  waiting: document.querySelector('#figure-waiting').textContent,
  title: document.title,
  lang: document.documentElement.lang,
  theme: document.documentElement.dataset.theme,
  heading: document.querySelector('#breakdown-title').textContent,
  models: [...document.querySelectorAll('#heat tbody th')].map((one) => one.textContent),
  wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}));

for (const [locale, scheme, width] of [['en-GB', 'light', 1280], ['zh-CN', 'dark', 1280], ['zh-CN', 'light', 390], ['en-GB', 'dark', 390]]) {
  const page = await open({locale, colorScheme: scheme, viewport: {width, height: 900}, reducedMotion: 'reduce'});
  // The check is told to the page by the debugger, past its content policy.
  const client = await page.context().newCDPSession(page);
  await client.send('Runtime.evaluate', {expression: axe});
  const checked = await client.send('Runtime.evaluate', {
    awaitPromise: true, returnByValue: true,
    expression: 'axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")))',
  });
  seen.views.push({...await figures(page), width, violations: checked.result.value});
  await page.screenshot({path: join(pictures, `${locale}-${scheme}-${width}.png`), fullPage: true});
  await page.context().close();
}

// The keyboard reaches everything, and the choices are remembered.
{
  const page = await open({locale: 'en-GB', viewport: {width: 1280, height: 900}});
  await page.keyboard.press('Tab');
  seen.firstStop = await page.evaluate(() => document.activeElement.getAttribute('href'));
  await page.selectOption('#language', 'zh');
  await page.selectOption('#theme', 'dark');
  await page.waitForFunction(() => document.querySelector('#findings').textContent !== '');
  await page.reload();
  await page.waitForSelector('#heat table');
  seen.remembered = await figures(page);
  await page.selectOption('#heat-by', 'difficulty');
  seen.difficulties = await page.evaluate(() => [...document.querySelectorAll('#heat thead th')].slice(1).map((one) => one.textContent));
  await page.context().close();
}

// Work: without the token, with a wrong one, with the right one; and news
// arrives without a reload.
{
  const page = await open({locale: 'en-GB', viewport: {width: 1280, height: 900}});
  const before = (await figures(page)).tests;
  await page.click('#action-consolidate');
  await page.waitForSelector('#login[open]');
  seen.action.asked = true;
  await page.fill('#token', 'wrong');
  await page.click('#login button[type=submit]');
  await page.waitForFunction(() => document.querySelector('#login-problem').textContent !== '');
  seen.action.refused = await page.textContent('#login-problem');
  seen.action.runsBefore = await page.evaluate(() => document.querySelectorAll('#runs li').length);
  await page.fill('#token', token);
  await page.click('#login button[type=submit]');
  await page.waitForFunction(() => /merged/.test(document.querySelector('#runs').textContent), null, {timeout: 60000});
  seen.action.result = await page.textContent('#runs li');
  await page.waitForFunction((old) => document.querySelector('#figure-tests').textContent !== old, before, {timeout: 60000});
  seen.live = {before, after: (await figures(page)).tests};
  seen.cookies = (await page.context().cookies()).map(({name, httpOnly, sameSite}) => ({name, httpOnly, sameSite}));
  seen.scriptSees = await page.evaluate(() => document.cookie);
  await page.click('#session');
  await page.waitForFunction(() => document.querySelector('#session').textContent === 'Sign in');
  await page.screenshot({path: join(pictures, 'after-work.png'), fullPage: true});
  // A result that somebody else writes, shown without a reload.
  console.log(JSON.stringify({ready: true}));
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await page.waitForFunction((old) => document.querySelector('#figure-waiting').textContent !== old, await page.textContent('#figure-waiting').then(() => '0 files'), {timeout: 60000});
  seen.live.waiting = await page.textContent('#figure-waiting');
  await page.context().close();
}

await browser.close();
console.log(JSON.stringify(seen));
process.exit(0);
