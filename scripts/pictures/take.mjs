// Take the README's pictures anew, by hand: what there is to see of a running `make run`, and of a built `make site`.
//
//   make run &          # or on another PORT, which is then said here as well
//   make site
//   npm ci --prefix scripts/pictures && node scripts/pictures/take.mjs
//
// CHROMIUM says where the browser is. A page that asks another host for anything ends it.

import {createServer} from 'node:http';
import {mkdir, readFile} from 'node:fs/promises';
import {extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVICE = `http://localhost:${process.env.PORT ?? 8000}`;
const KINDS = {'.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json'};

const site = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, SERVICE).pathname));
  try {
    const body = await readFile(join(ROOT, 'build/site', path));
    response.writeHead(200, {'content-type': KINDS[extname(path)] ?? 'application/octet-stream'}).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const docs = `http://127.0.0.1:${site.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
});
const strangers = [];

async function take(name, url, prepare = async () => {}, size = {width: 1280, height: 720}) {
  const page = await browser.newPage({viewport: size});
  page.setDefaultTimeout(180_000); // Swagger draws two hundred operations at once
  page.on('request', (request) => {
    const {protocol, host} = new URL(request.url());
    if (protocol.startsWith('http') && ![new URL(SERVICE).host, new URL(docs).host].includes(host)) strangers.push(request.url());
  });
  await page.goto(url, {waitUntil: 'load'});
  await prepare(page);
  await page.screenshot({path: join(ROOT, 'docs/pictures', `${name}.png`)});
  await page.close();
}

async function call(path, body, token) {
  const headers = {'content-type': 'application/json', 'idempotency-key': crypto.randomUUID()};
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(SERVICE + path, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body)});
  const {data, error} = await answer.json();
  if (error) throw new Error(`${path}: ${error.code} ${error.message}`);
  return data;
}

// A top-up by Wave opens the played provider's page.
async function checkout() {
  const login = {identifier: '+2250700000002', password: 'demo-allonova'};
  const {access_token} = await call('/api/v1/auth/login', login);
  const {intent} = await call('/api/v1/wallet/topup', {amount: 5000, method: 'wave'}, access_token);
  return intent.url;
}

await mkdir(join(ROOT, 'docs/pictures'), {recursive: true});
await take('api', `${SERVICE}/api/docs`, (page) => page.waitForSelector('.opblock-tag'));
await take('checkout', await checkout(), undefined, {width: 480, height: 560});
await take('site', `${docs}/machines.html`, async (page) => {
  await page.waitForFunction(() => document.querySelector('div.mermaid')?.clientHeight > 100);
  await page.evaluate(() => document.querySelector('div.mermaid').scrollIntoView({block: 'center'}));
  await page.waitForTimeout(1000);
});
await take('search', `${docs}/index.html`, async (page) => {
  await page.keyboard.press('/');
  await page.keyboard.type('payout');
  await page.waitForTimeout(8000); // the index is read by a worker
});
await browser.close();
site.close();
if (strangers.length) {
  console.error(`asked of other hosts:\n${strangers.join('\n')}`);
  process.exit(1);
}
