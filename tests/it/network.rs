//! The compiled program and counterparts behind TLS: which proxy it goes through, and whose certificates it trusts.

mod certificate;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::post,
};
use elevate::config::Transport;
use futures_util::{StreamExt, stream::FuturesUnordered};
use http::StatusCode;
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{APP_TOKEN, BROKER_KEY, Company},
    idp::Tampering,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::spawn_blocking,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

use self::certificate::Certificate;
use crate::{
    log,
    socket::scene::{Connection, envelope, soon},
    world::nine,
};

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";
/// What every private CA is called.
const CA: &str = "Example Corp CA";
/// What an operator reads of a certificate that nobody has vouched for.
const UNTRUSTED: &str =
    "its certificate is signed by a CA that is not trusted; SSL_CERT_FILE and SSL_CERT_DIR name";

#[tokio::test]
async fn every_counterpart_is_reached_through_the_proxy_and_trusted_by_the_roots_of_the_machine() {
    let network = Network::open("every_counterpart_is_reached_through_the_proxy").await;
    network.is_reached(&[("HTTPS_PROXY", &network.proxy.url())]).await;
    let tunnels = network.fronts().map(|front| format!("CONNECT {} HTTP/1.1", front.address));
    assert_eq!(network.proxy.asked(), tunnels.into());
}

#[tokio::test]
async fn what_no_proxy_names_is_reached_without_the_proxy() {
    let network = Network::open("what_no_proxy_names").await;
    network.is_reached(&[("HTTPS_PROXY", &network.proxy.url()), ("NO_PROXY", "127.0.0.1")]).await;
    assert_eq!(network.proxy.asked(), BTreeSet::new());
}

#[tokio::test]
async fn a_counterpart_of_an_untrusted_ca_is_refused_in_words_for_the_operator() {
    let network = Network::open("a_counterpart_of_an_untrusted_ca").await;
    // One of another name, and one of the same name with another key, as after its renewal.
    for (ca, environment) in [("Another CA", &[][..]), (CA, &[("HTTPS_PROXY", &*network.proxy.url())])] {
        let (is_successful, told) = network.checks(&Certificate::of_loopback(ca).pem(), environment).await;
        assert!(!is_successful, "{told}");
        for counterpart in ["DynamoDB", "Slack", "identity provider"] {
            let line = told.lines().find(|line| line.contains(counterpart)).unwrap();
            assert!(line.starts_with("failed") && line.contains(UNTRUSTED), "{line}");
        }
    }
    let spoken_with = network.fronts().map(|front| *front.conversations.lock().unwrap());
    assert_eq!(spoken_with, [0; 4], "a request was sent to somebody who is not trusted");
}

#[tokio::test]
async fn a_socket_of_an_untrusted_ca_is_refused_in_words_for_the_operator() {
    let network = Network::open("a_socket_of_an_untrusted_ca").await;
    let trusted = [&network.slack, &network.identity, &network.aws].map(|front| front.certificate.pem());
    let mut program = network.serves(&trusted.concat(), &[("HTTPS_PROXY", &network.proxy.url())]);
    let log = program.logs("slack: connection failed").await;
    assert!(log.contains(UNTRUSTED), "{log}");
    assert_eq!(*network.link.conversations.lock().unwrap(), 0);
}

#[tokio::test]
async fn the_program_speaks_to_nobody_whose_certificate_is_anothers() {
    let mut network = Network::open("the_program_speaks_to_nobody_whose").await;
    network.slack = network.slack_that_gives_links_to("localhost").await;
    let mut program = network.serves(&network.roots(), &[]);
    let log = program.logs("slack: connection failed").await;
    assert!(log.contains("certificate not valid for name"), "{log}");
    assert_eq!(*network.link.conversations.lock().unwrap(), 0);
}

/// Everything that the program talks to, behind TLS, and a proxy in front of it.
struct Network {
    company: Company,
    slack: Front,
    /// Where connections of Socket Mode lead, in the end to `links`.
    link: Front,
    links: TcpListener,
    identity: Front,
    aws: Front,
    proxy: Proxy,
    folder: PathBuf,
}

/// TLS in front of a plain server, with a certificate of its own private CA.
struct Front {
    address: SocketAddr,
    certificate: Certificate,
    /// How many connections the client took for what they are.
    conversations: Arc<Mutex<usize>>,
}

/// A proxy that opens tunnels to known addresses, and does nothing else.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

/// The running program. It ends with the test.
struct Program(Child);

impl Network {
    async fn open(folder: &str) -> Self {
        let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
        company.install(NOWHERE);
        let links = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = Front::before(links.local_addr().unwrap()).await;
        let slack = Front::before(web_api(&company, &link, "127.0.0.1").await).await;
        let identity = Front::before(address_in(&company.idp.issuer())).await;
        let issuer = identity.url();
        let configuration = [("issuer", String::new()), ("jwks_uri", "/jwks".to_owned())];
        let configuration =
            configuration.map(|(name, path)| (name.to_owned(), json!(issuer.clone() + &path)));
        company
            .idp
            .tamper(Tampering { configuration: configuration.into_iter().collect(), ..Tampering::default() });
        let aws = Front::before(serve(Router::new().fallback(no_table)).await).await;
        let proxy = Proxy::to([&slack, &link, &identity, &aws].map(|front| front.address)).await;
        Self { company, slack, link, links, identity, aws, proxy, folder: log::folder(folder) }
    }

    async fn slack_that_gives_links_to(&self, host: &'static str) -> Front {
        Front::before(web_api(&self.company, &self.link, host).await).await
    }

    fn fronts(&self) -> [&Front; 4] {
        [&self.slack, &self.link, &self.identity, &self.aws]
    }

    fn roots(&self) -> String {
        self.fronts().map(|front| front.certificate.pem()).concat()
    }

    /// The program works and asks every counterpart, with the private CAs trusted.
    async fn is_reached(&self, environment: &[(&str, &str)]) {
        let (_, told) = self.checks(&self.roots(), environment).await;
        assert!(told.contains("ok      Slack\nok      identity provider"), "{told}");
        assert!(
            told.contains("failed  DynamoDB: could not use table elevate: there is no such table"),
            "{told}"
        );
        let _program = self.serves(&self.roots(), environment);
        let (stream, _) = soon(self.links.accept()).await.unwrap();
        let mut connection = Connection::on(stream).await;
        connection.says(&json!({ "type": "hello" })).await;
        connection.says(&envelope("events_api", json!({}))).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }));
    }

    /// Whether all will do, and what `elevate check` says of each.
    async fn checks(&self, roots: &str, environment: &[(&str, &str)]) -> (bool, String) {
        let mut command = self.command("check", roots, environment);
        let output = spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    fn serves(&self, roots: &str, environment: &[(&str, &str)]) -> Program {
        let mut command = self.command("serve", roots, environment);
        Program(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    fn command(&self, name: &str, roots: &str, environment: &[(&str, &str)]) -> Command {
        let write = |name: &str, text: &str| {
            let file = self.folder.join(name);
            fs::write(&file, text).unwrap();
            file
        };
        let config = write("elevate.toml", &self.company.configuration(NOWHERE));
        let mut command = Command::new(env!("CARGO_BIN_EXE_elevate"));
        command
            .args([Path::new(name), Path::new("--config"), &config])
            .env_clear()
            .envs(self.company.environment())
            .env("ELEVATE_LISTEN", "127.0.0.1:0")
            .env("ELEVATE_ADMIN_LISTEN", "127.0.0.1:0")
            .env("ELEVATE_SLACK__API_URL", self.slack.url())
            .env("ELEVATE_SLACK__MODE", Transport::Socket.as_str())
            .env("ELEVATE_SLACK__APP_TOKEN", APP_TOKEN)
            .env("ELEVATE_OIDC__ISSUER", self.identity.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", self.aws.url())
            .env("AWS_ACCESS_KEY_ID", BROKER_KEY)
            .env("AWS_SECRET_ACCESS_KEY", "not used")
            .env("SSL_CERT_FILE", write("roots.pem", roots))
            .envs(environment.iter().copied());
        command
    }
}

impl Front {
    async fn before(plain: SocketAddr) -> Self {
        let certificate = Certificate::of_loopback(CA);
        let chain = vec![CertificateDer::from(certificate.der.clone())];
        let key = PrivatePkcs8KeyDer::from(certificate.key.clone());
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into()).unwrap();
        // A WebSocket begins as HTTP/1.1: a client that could do more would get it.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (listener, address) = sandbox::http::listen(0).await.unwrap();
        let conversations = Arc::new(Mutex::new(0));
        let begun = Arc::clone(&conversations);
        tokio::spawn(each_connection(listener, async move |stream| {
            let mut stream = acceptor.accept(stream).await?;
            *begun.lock().unwrap() += 1;
            copy_bidirectional(&mut stream, &mut TcpStream::connect(plain).await?).await.map(drop)
        }));
        Self { address, certificate, conversations }
    }

    fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Proxy {
    async fn to(known: [SocketAddr; 4]) -> Self {
        let (listener, address) = sandbox::http::listen(0).await.unwrap();
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = Arc::clone(&asked);
        tokio::spawn(each_connection(listener, async move |stream| {
            let mut stream = BufReader::new(stream);
            let mut lines = Vec::new();
            while lines.last().is_none_or(|line: &String| !line.trim().is_empty()) {
                let mut line = String::new();
                stream.read_line(&mut line).await?;
                lines.push(line);
            }
            let asked = lines[0].trim();
            noted.lock().unwrap().insert(asked.to_owned());
            let Some(to) = known.iter().find(|known| asked == format!("CONNECT {known} HTTP/1.1")) else {
                return stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
            };
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await?).await.map(drop)
        }));
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of all that it was asked.
    fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Program {
    /// The first line of its log that contains `text`.
    async fn logs(&mut self, text: &'static str) -> String {
        let log = self.0.stderr.take().expect("the log is read once");
        let mut lines = io::BufReader::new(log).lines().map(Result::unwrap);
        let found = spawn_blocking(move || lines.find(|line| line.contains(text)));
        soon(found).await.unwrap().expect("the program has ended")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Deals with every connection that comes, as long as the test runs; what breaks off has.
async fn each_connection(listener: TcpListener, deal: impl AsyncFn(TcpStream) -> io::Result<()>) {
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => connections.push(deal(accepted.unwrap().0)),
            Some(_) = connections.next() => {}
        }
    }
}

/// The Web API of `company`, but connections lead to `link`, which is called `host`.
async fn web_api(company: &Company, link: &Front, host: &str) -> SocketAddr {
    let api = company.slack.api_url();
    let url = format!("wss://{host}:{}/link?ticket=once&app_id=A0ELEVATE", link.address.port());
    let opened = Json(json!({ "ok": true, "url": url }));
    let client = reqwest::Client::new();
    let forward = async move |request: Request| {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let request = client.request(head.method, format!("{api}{}", head.uri));
        let response = request.headers(head.headers).body(body).send().await.unwrap();
        Response::from(response).map(Body::new)
    };
    serve(Router::new().route("/apps.connections.open", post(async || opened)).fallback(forward)).await
}

/// What DynamoDB says of a table that there is not.
async fn no_table() -> impl IntoResponse {
    let error = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" });
    (StatusCode::BAD_REQUEST, Json(error))
}

async fn serve(router: Router) -> SocketAddr {
    let (listener, address) = sandbox::http::listen(0).await.unwrap();
    sandbox::http::serve(listener, router);
    address
}

fn address_in(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}
