//! The compiled program and a Slack behind TLS, as the machine's root certificates let it be trusted.

mod certificate;

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
    routing::post,
};
use elevate::config::Transport;
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{APP_TOKEN, BROKER_KEY, Company},
};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

use self::certificate::Certificate;
use super::scene::{Connection, envelope, soon};
use crate::{log, world::nine};

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn the_program_speaks_socket_mode_over_tls() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let slack = SecureSlack::start("127.0.0.1").await;
    let _program = slack.meets_program(&company, "the_program_speaks_socket_mode_over_tls").await;
    let mut connection = Connection::on(slack.accepts().await.unwrap()).await;
    connection.says(&json!({ "type": "hello" })).await;
    connection.says(&envelope("events_api", json!({}))).await;
    assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }));
}

#[tokio::test]
async fn the_program_speaks_to_nobody_whose_certificate_is_anothers() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let slack = SecureSlack::start("localhost").await;
    let _program = slack.meets_program(&company, "the_program_speaks_to_nobody_whose").await;
    let refused = slack.accepts().await.expect_err("the certificate is for the address alone");
    assert!(refused.to_string().contains("alert"), "{refused}");
}

/// Slack's side of Socket Mode, behind TLS.
struct SecureSlack {
    links: TcpListener,
    acceptor: TlsAcceptor,
    certificate: Certificate,
    /// What its connections call the machine that they lead to.
    host: &'static str,
}

/// The running program. It ends with the test.
struct Program(Child);

impl SecureSlack {
    async fn start(host: &'static str) -> Self {
        let certificate = Certificate::of_loopback();
        let chain = vec![CertificateDer::from(certificate.der.clone())];
        let key = PrivatePkcs8KeyDer::from(certificate.key.clone());
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into()).unwrap();
        // A WebSocket begins as HTTP/1.1: a client that could do more would get it.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let links = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { links, acceptor: TlsAcceptor::from(Arc::new(config)), certificate, host }
    }

    /// The program at work in `company`, with connections to this Slack.
    async fn meets_program(&self, company: &Company, folder: &str) -> Program {
        let folder = log::folder(folder);
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::write(&file, text).unwrap();
            file
        };
        let roots = write("roots.pem", &self.certificate.pem());
        let config = write("elevate.toml", &company.configuration(NOWHERE));
        company.install(NOWHERE);
        let api = self.serves_api(company.slack.api_url()).await;
        let program = Command::new(env!("CARGO_BIN_EXE_elevate"))
            .args([Path::new("serve"), Path::new("--config"), &config])
            .env_clear()
            .envs(company.environment())
            .env("ELEVATE_LISTEN", "127.0.0.1:0")
            .env("ELEVATE_SLACK__API_URL", api)
            .env("ELEVATE_SLACK__MODE", Transport::Socket.as_str())
            .env("ELEVATE_SLACK__APP_TOKEN", APP_TOKEN)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", NOWHERE)
            .env("AWS_ACCESS_KEY_ID", BROKER_KEY)
            .env("AWS_SECRET_ACCESS_KEY", "not used")
            .env("SSL_CERT_FILE", roots)
            .stderr(File::create(folder.join("log")).unwrap())
            .spawn();
        Program(program.unwrap())
    }

    /// The Web API at `api`, save that connections lead to this Slack.
    async fn serves_api(&self, api: String) -> String {
        let port = self.links.local_addr().unwrap().port();
        let url = format!("wss://{}:{port}/link?ticket=once&app_id=A0ELEVATE", self.host);
        let opened = Json(json!({ "ok": true, "url": url }));
        let client = reqwest::Client::new();
        let forward = async move |request: Request| {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let request = client.request(head.method, format!("{api}{}", head.uri));
            let response = request.headers(head.headers).body(body).send().await.unwrap();
            Response::from(response).map(Body::new)
        };
        let router = Router::new().route("/apps.connections.open", post(async || opened)).fallback(forward);
        let (listener, address) = sandbox::http::listen(0).await.unwrap();
        sandbox::http::serve(listener, router);
        format!("http://{address}")
    }

    async fn accepts(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (stream, _) = soon(self.links.accept()).await.unwrap();
        soon(self.acceptor.accept(stream)).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
