// Opens report pages in Chromium and prints what it saw as JSON.
//
// usage: node report.mjs MODULES PICTURES LANGUAGE=PAGE...
// MODULES is where playwright-core and axe-core are installed.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [modules, pictures, ...pages] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const {chromium} = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu']});
const seen = {views: [], problems: [], requests: []};

async function open(file, options) {
  const context = await browser.newContext({reducedMotion: 'reduce', ...options});
  const page = await context.newPage();
  page.on('pageerror', (error) => seen.problems.push(error.message));
  page.on('console', (message) => seen.problems.push(message.text()));
  page.on('dialog', (dialog) => seen.problems.push(dialog.message()));
  page.on('request', (request) => seen.requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return page;
}

for (const [language, file] of pages.map((one) => one.split('='))) {
  for (const [scheme, width] of [['light', 1280], ['dark', 1280], ['light', 390]]) {
    const page = await open(file, {colorScheme: scheme, viewport: {width, height: 900}});
    // The check is told to the page by the debugger, past its content policy.
    const client = await page.context().newCDPSession(page);
    await client.send('Runtime.evaluate', {expression: axe});
    const checked = await client.send('Runtime.evaluate', {
      awaitPromise: true, returnByValue: true,
      expression: 'axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")))',
    });
    seen.views.push({
      language, scheme, width,
      violations: checked.result.value,
      ...await page.evaluate(() => ({
        lang: document.documentElement.lang,
        title: document.querySelector('h1').textContent,
        figures: [...document.querySelectorAll('.figures strong')].map((one) => one.textContent),
        names: [...document.querySelectorAll('#success tbody th')].map((one) => one.textContent),
        bars: document.querySelectorAll('#success svg.bar').length,
        days: document.querySelectorAll('#growth svg.days g').length,
        back: getComputedStyle(document.querySelector('main')).backgroundColor,
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
      })),
    });
    await page.screenshot({path: join(pictures, `report-${language}-${scheme}-${width}.png`), fullPage: true});
    await page.context().close();
  }
}

// On paper: black on white whatever the screen, nothing to click on.
{
  const page = await open(pages[0].split('=')[1], {colorScheme: 'dark', viewport: {width: 900, height: 900}});
  await page.emulateMedia({media: 'print'});
  seen.print = await page.evaluate(() => ({
    back: getComputedStyle(document.querySelector('main')).backgroundColor,
    details: [...document.querySelectorAll('details')].filter((one) => one.offsetHeight > 0).length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  const pdf = await page.pdf({format: 'A4', path: join(pictures, 'report.pdf')});
  seen.print.bytes = pdf.length;
  await page.context().close();
}

await browser.close();
console.log(JSON.stringify(seen));
