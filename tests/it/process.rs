//! The compiled program as a process: its memory, its log, its signals.

use std::{
    fs::{self, File},
    io::Read,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{BROKER_KEY, Company},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::log::folder;

/// For what happens by itself.
const SOON: Duration = Duration::from_secs(60);
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The program at Example Corp, without a table.
struct Process {
    _company: Company,
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts it in an empty folder of this name, and waits until it serves.
    async fn starts(name: &str, environment: &[(&str, &str)]) -> Self {
        let folder = folder(name);
        let company = Company::open(Clock::running(), Dynamo::in_memory().unwrap()).await.unwrap();
        let log = folder.join("log");
        let mut command = command(&company, &folder, environment);
        let child = command.stderr(Stdio::from(File::create(&log).unwrap())).spawn().unwrap();
        let mut process = Self { _company: company, child, address: ([127, 0, 0, 1], 0).into() };
        let line = process.eventually(|| line_of(&log, "app: serving")).await;
        let address = line.split_once("listen=").unwrap().1.split_whitespace().next().unwrap();
        process.address = address.parse().unwrap();
        process
    }

    async fn eventually<T>(&mut self, look: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the program has ended");
            assert!(Instant::now() < deadline, "nothing is seen after {SOON:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How much memory it uses, in KiB.
    fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    async fn connects(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command(company: &Company, folder: &Path, environment: &[(&str, &str)]) -> Command {
    let config = folder.join("elevate.toml");
    fs::write(&config, company.configuration(NOWHERE)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_elevate"));
    command
        .args([Path::new("--config"), &config, Path::new("serve")])
        .env_clear()
        .envs(company.environment())
        .env("ELEVATE_LISTEN", "127.0.0.1:0")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ENDPOINT_URL", NOWHERE)
        .env("AWS_ACCESS_KEY_ID", BROKER_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "not used")
        .envs(environment.iter().copied());
    command
}

fn line_of(log: &PathBuf, text: &str) -> Option<String> {
    let mut said = String::new();
    File::open(log).ok()?.read_to_string(&mut said).ok()?;
    said.lines().find(|line| line.contains(text)).map(str::to_owned)
}

/// Sends the head of a request that announces a megabyte, all of that but its last byte, and waits for nothing.
async fn holds_back_a_megabyte(mut connection: TcpStream, head: &str) -> TcpStream {
    const MEGABYTE: usize = 1 << 20;
    let head = format!("{head} HTTP/1.1\r\nHost: elevate\r\nContent-Length: {MEGABYTE}\r\n\r\n");
    let sending = async {
        connection.write_all(head.as_bytes()).await?;
        for _ in 0..MEGABYTE / 65_536 - 1 {
            connection.write_all(&[b'x'; 65_536]).await?;
        }
        connection.write_all(&[b'x'; 65_535]).await
    };
    // Whoever is refused is hung up on, and whoever is not read gets rid of no more.
    drop(tokio::time::timeout(Duration::from_secs(2), sending).await);
    connection
}

/// Six hundred strangers with a megabyte each, in every way in which one can be sent.
#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_strangers_with_a_megabyte_each_find_no_memory() {
    const MOST: usize = 100 * 1024;
    let process = Process::starts("six_hundred_strangers", &[]).await;
    let now = Clock::running().now().timestamp();
    let link = format!("/link/{}", "A".repeat(43));
    let heads = [
        format!("GET {link}"),
        "POST /nowhere".to_owned(),
        format!("POST {link}"),
        "POST /slack/commands".to_owned(),
        format!("POST /slack/commands HTTP/1.1\r\nX-Slack-Request-Timestamp: {now}\r\nX:"),
    ];
    for head in heads {
        let mut strangers = tokio::task::JoinSet::new();
        for _ in 0..600 {
            let (connection, head) = (process.connects().await, head.clone());
            strangers.spawn(async move { holds_back_a_megabyte(connection, &head).await });
        }
        let held = strangers.join_all().await;
        let memory = process.memory();
        assert!(memory < MOST, "{memory} KiB with {head}");
        drop(held);
    }
    let mut connection = process.connects().await;
    connection
        .write_all(b"GET /health HTTP/1.1\r\nHost: elevate\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut told = String::new();
    connection.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
}
