// An OpenID provider for one client, made of the certified `oidc-provider`, with a way to upset it.
//
// Sign-in and consent are the library's own pages for development: any password will do. Below /control/, on the
// same port, a test changes people, keys and faults.
//
// With CLAIMS_AT=userinfo, the claims of a scope are told there alone, as the specification has it.
//
//     REDIRECT_URI=… LOGOUT_URI=… CLIENT_ID=… CLIENT_SECRET=… [CLAIMS_AT=userinfo] \
//         PEOPLE='{"ada": {"email": …, "groups": […]}}' node idp.mjs [port]

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

const { CLAIMS_AT, CLIENT_ID, CLIENT_SECRET, LOGOUT_URI, REDIRECT_URI } = process.env;
const people = new Map(Object.entries(JSON.parse(process.env.PEOPLE)));
const adapter = createMemoryAdapter();
const cookieKeys = [randomUUID()];
const refreshTokens = [];
let tokenFault; // the status with which the token endpoint fails, while it does
let issuer;
let answer; // the provider's request handler

/** The provider with a signing key of its own; sessions and tokens are those of before. */
function providerWithFreshKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: randomUUID() };
  const provider = new Provider(issuer, {
    adapter,
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      backchannel_logout_uri: LOGOUT_URI,
    }],
    claims: { email: ['email', 'email_verified'], groups: ['groups'], profile: ['name'] },
    conformIdTokenClaims: CLAIMS_AT === 'userinfo', // or else they go into the ID token, too
    cookies: { keys: cookieKeys },
    // The client is on loopback, where the library's own dispatcher goes to nobody.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    features: { backchannelLogout: { enabled: true } },
    findAccount: (_, login) => account(login),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: [key] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: 300, Grant: 28_800, IdToken: 300, Interaction: 600, RefreshToken: 28_800, Session: 28_800 },
  });
  provider.on('backchannel.error', (_, error) => console.error(`the client was not told of a logout: ${error}`));
  provider.on('refresh_token.saved', (token) => refreshTokens.push(token));
  return provider;
}

function account(login) {
  const person = people.get(login);
  if (!person || person.disabled) return undefined;
  const { name, email, groups } = person;
  return { accountId: login, claims: () => ({ sub: login, name, email, email_verified: true, groups }) };
}

function start() {
  answer = providerWithFreshKey().callback();
}

/** What can be done below /control/: the route, and what it does with its parts and its body. */
const controls = [
  [/^PUT \/people\/(\w+)$/, ([login], changes) => people.set(login, { ...people.get(login), ...changes })],
  [/^POST \/people\/(\w+)\/revoke$/, ([login]) => Promise.all(tokensOf(login).map((token) => token.destroy()))],
  [/^GET \/people\/(\w+)\/refresh-tokens$/, ([login]) => tokensOf(login).map(({ jti }) => jti)],
  [/^POST \/keys\/rotate$/, start],
  [/^POST \/faults$/, (_, { status }) => { tokenFault = status; }],
  [/^DELETE \/faults$/, () => { tokenFault = undefined; }],
];

const tokensOf = (login) => refreshTokens.filter((token) => token.accountId === login);

async function control(request, response) {
  const route = `${request.method} ${request.url.slice('/control'.length)}`;
  const found = controls.find(([pattern]) => pattern.test(route));
  if (!found) return response.writeHead(404).end();
  const [pattern, act] = found;
  const body = (await request.setEncoding('utf8').toArray()).join('');
  const told = await act(pattern.exec(route).slice(1), body ? JSON.parse(body) : {});
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told ?? {}));
}

const server = http.createServer((request, response) => {
  if (request.url.startsWith('/control/')) return control(request, response);
  if (request.url === '/token' && tokenFault) return response.writeHead(tokenFault).end();
  return answer(request, response);
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  start();
  console.log(`listening on ${issuer}`);
});
