// oidc-provider, which is OpenID certified, as the judge of sandbox/tests/contracts/openid. It says where it
// listens, and makes every contract a provider of its own, with people and keys that the contract may change:
//
//     POST /                   { client_id, client_secret, redirect_uri } makes one, and answers { issuer }
//
// and at that issuer, beside the provider itself:
//
//     POST /admin/people       { login, name, email, email_verified, groups, disabled } adds or replaces one
//     POST /admin/revoke       { login } ends somebody's sessions, and all that was issued to them
//     POST /admin/rotate-keys  {} signs with a new key; the old one vanishes at once

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'];

const escape = (value) => value.replace(/[&<>"]/g, (letter) => `&#${letter.codePointAt()};`);

const newKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  alg: 'RS256',
  use: 'sig',
  kid: randomUUID(),
});

/** What a provider keeps, so that it is still there after a change of keys. */
const adapterOver = (store) => class {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) { store.set(this.key(id), payload); }
  async find(id) { return store.get(this.key(id)); }
  async findByUid(uid) { return [...store.values()].find((payload) => payload.uid === uid); }
  async consume(id) { store.get(this.key(id)).consumed = true; }
  async destroy(id) { store.delete(this.key(id)); }
  async revokeByGrantId(grantId) { forget(store, (payload) => payload.grantId === grantId); }
};

const forget = (store, isMeant) => {
  for (const [key, payload] of store) if (isMeant(payload)) store.delete(key);
};

/** oidc-provider, set up the way a company's provider is for a confidential web client of its own. */
const provider = (issuer, client, people, store) => new Provider(issuer, {
  adapter: adapterOver(store),
  jwks: { keys: [newKey()] },
  cookies: { keys: [client.client_secret] },
  clients: [{
    client_id: client.client_id,
    client_secret: client.client_secret,
    redirect_uris: [client.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  pkce: { required: () => true },
  allowOmittingSingleRegisteredRedirectUri: false,
  scopes: SCOPES,
  claims: {
    profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'],
  },
  // The claims of a scope are in the ID token too, as with Okta, Entra and Keycloak.
  conformIdTokenClaims: false,
  rotateRefreshToken: true,
  // Without a consent screen, for the client is the company's own.
  issueRefreshToken: () => true,
  ttl: { AccessToken: 300, IdToken: 300, AuthorizationCode: 60, RefreshToken: 28800, Session: 28800,
    Grant: 28800, Interaction: 600 },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_ctx, login) => {
    const person = people.get(login);
    if (!person || person.disabled) return undefined;
    const { name, email, email_verified } = person;
    // Who is in no group has no claim that says so, as with the stand-in.
    const groups = person.groups.length ? person.groups : undefined;
    return {
      accountId: login,
      claims: () => ({ sub: login, name, preferred_username: login, email, email_verified, groups }),
    };
  },
  loadExistingGrant: async ({ oidc }) => {
    const id = oidc.session.grantIdFor(oidc.client.clientId);
    const { accountId } = oidc.session;
    const grant = (id && await oidc.provider.Grant.find(id))
      || new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId });
    grant.addOIDCScope(SCOPES.join(' '));
    await grant.save();
    return grant;
  },
});

/** The page on which somebody says who they are, as the stand-in asks it. */
const signInPage = (people) => {
  const button = ({ login, name }) =>
    `<button name="login" value="${escape(login)}">Continue as ${escape(name)}</button>`;
  const buttons = [...people.values()].map(button).join('');
  return `<!doctype html><title>Sign in</title><form method="post">${buttons}</form>`;
};

/** Has a server listen on any free port of loopback; answers with its URL. */
const listen = (server) => new Promise((listening) => {
  server.listen(0, '127.0.0.1', () => listening(`http://127.0.0.1:${server.address().port}`));
});

const start = async (client) => {
  const people = new Map();
  const store = new Map();
  const server = createServer();
  const issuer = await listen(server);
  let oidc = provider(issuer, client, people, store);

  const change = {
    '/admin/people': (person) => { people.set(person.login, person); },
    '/admin/revoke': ({ login }) => { forget(store, (payload) => payload.accountId === login); },
    '/admin/rotate-keys': () => { oidc = provider(issuer, client, people, store); },
  };

  const interact = async (request, response) => {
    if (request.method === 'GET') {
      await oidc.interactionDetails(request, response);
      return response.writeHead(200, { 'content-type': 'text/html' }).end(signInPage(people));
    }
    const accountId = new URLSearchParams(await text(request)).get('login');
    return oidc.interactionFinished(request, response, { login: { accountId } });
  };

  server.on('request', async (request, response) => {
    if (request.url in change) {
      change[request.url](await json(request));
      return response.writeHead(204).end();
    }
    if (request.url.startsWith('/interaction/')) return interact(request, response);
    return oidc.callback()(request, response);
  });
  return issuer;
};

const maker = createServer(async (request, response) => {
  const issuer = await start(await json(request));
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer }));
});

console.log(`listening on ${await listen(maker)}`);
