//! The compiled program as a process: its memory, its log, its signals, and what it does while everything is down.

use std::{
    fs::{self, File},
    io::Write,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use sandbox::{
    clock::Clock,
    example_corp::{AUDIT_CHANNEL, REVIEW_CHANNEL, TEAM},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::log::folder;

/// For what happens by itself.
const SOON: Duration = Duration::from_secs(60);
const A_LITTLE: Duration = Duration::from_millis(20);
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The program, started by an operator whose counterparts are all down: it has nothing but its environment.
struct Process {
    child: Child,
    address: SocketAddr,
    admin_address: SocketAddr,
}

impl Process {
    /// Starts it in an empty folder of this name, and waits until it serves.
    async fn starts(name: &str, environment: &[(&str, &str)]) -> Self {
        let log = File::create(folder(name).join("log")).unwrap();
        Self::logs_to(log.into(), environment).await
    }

    async fn logs_to(log: Stdio, environment: &[(&str, &str)]) -> Self {
        let [address, admin_address] = [free_address(), free_address()];
        let mut command = command(environment);
        command
            .env("ELEVATE_LISTEN", address.to_string())
            .env("ELEVATE_ADMIN_LISTEN", admin_address.to_string());
        let child = command.arg("serve").stderr(log).spawn().unwrap();
        let mut process = Self { child, address, admin_address };
        process.eventually(async |process| process.asked("/health").await.is_some()).await;
        process
    }

    async fn eventually(&mut self, happens: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + SOON;
        while !happens(self).await {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the program has ended: {ended:?}");
            assert!(Instant::now() < deadline, "it does not happen within {SOON:?}");
            sleep(A_LITTLE).await;
        }
    }

    /// Waits for its end.
    async fn ends(mut self) -> ExitStatus {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end within {SOON:?}");
            sleep(A_LITTLE).await;
        }
    }

    fn receives(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
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

    /// What it says to machines, if it says anything.
    async fn asked(&self, path: &str) -> Option<String> {
        says(self.admin_address, &format!("GET {path}"), "").await
    }

    /// A number that it counts.
    async fn counts(&self, sample: &str) -> f64 {
        let metrics = self.asked("/metrics").await.unwrap();
        let mut counts = metrics.lines().filter(|line| line.starts_with(sample));
        counts.try_fold(0.0, |sum, line| Some(sum + line.rsplit_once(' ')?.1.parse::<f64>().ok()?)).unwrap()
    }

    /// How often its sweeper has asked the table for work.
    async fn sweeps(&self) -> f64 {
        const QUERY: &str =
            "elevate_call_duration_seconds_count{counterpart=\"dynamodb\",operation=\"Query\"";
        self.counts(QUERY).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Everything comes from the environment.
fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elevate"));
    command.env_clear().current_dir(env!("CARGO_TARGET_TMPDIR")).envs([
        ("ELEVATE_PUBLIC_URL", "http://127.0.0.1:8080"),
        ("ELEVATE_SLACK__TEAM_ID", TEAM),
        ("ELEVATE_SLACK__REVIEW_CHANNEL", REVIEW_CHANNEL),
        ("ELEVATE_SLACK__AUDIT_CHANNEL", AUDIT_CHANNEL),
        ("ELEVATE_SLACK__API_URL", "http://127.0.0.1:1/api"),
        ("ELEVATE_SLACK__BOT_TOKEN", "xoxb-example"),
        ("ELEVATE_SLACK__SIGNING_SECRET", "example"),
        ("ELEVATE_OIDC__ISSUER", NOWHERE),
        ("ELEVATE_OIDC__CLIENT_ID", "elevate"),
        ("ELEVATE_OIDC__CLIENT_SECRET", "example"),
        ("ELEVATE_SEALING__KEYS", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", NOWHERE),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "not used"),
    ]);
    command.envs(environment.iter().copied());
    command
}

/// What is said in answer to a request, if anything is.
async fn says(address: SocketAddr, line: &str, body: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: elevate\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut told = String::new();
    connection.read_to_string(&mut told).await.ok()?;
    told.starts_with("HTTP/1.1").then_some(told)
}

// ---------------------------------------------------------------------------------------------------------
// Memory

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
    let told = says(process.address, "GET /style.css", "").await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
}

// ---------------------------------------------------------------------------------------------------------
// The log

/// A log that takes nothing, and what goes on beside it: answers, the sweeper, an orderly end.
async fn goes_on_without_a_log(log: Stdio) -> f64 {
    let environment = [("RUST_LOG", "trace"), ("ELEVATE_LIMITS__DRAIN", "0s")];
    let mut process = Process::logs_to(log, &environment).await;
    let sweeps = process.sweeps().await;
    for _ in 0..200 {
        let told = says(process.address, "POST /slack/commands", "token=none").await.unwrap();
        assert!(told.starts_with("HTTP/1.1 401"), "{told}");
    }
    assert_eq!(process.counts("elevate_forged_requests_total{name=\"slack\"}").await, 200.0);
    process.eventually(async |process| process.sweeps().await > sweeps).await;
    let restarts = process.counts("elevate_background_restarts_total").await;
    let dropped = process.counts("elevate_log_lines_dropped_total").await;
    assert_eq!(restarts, 0.0);
    process.receives("TERM");
    assert_eq!(process.ends().await.code(), Some(0));
    dropped
}

#[tokio::test]
async fn the_bot_goes_on_though_its_log_is_on_a_full_disk() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let dropped = goes_on_without_a_log(full.into()).await;
    assert!(dropped > 0.0);
}

#[tokio::test]
async fn the_bot_goes_on_though_the_reader_of_its_log_has_died() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let dropped = goes_on_without_a_log(writer.into()).await;
    assert!(dropped > 0.0);
}

#[tokio::test]
async fn the_bot_goes_on_though_the_reader_of_its_log_is_stuck() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filler = writer.try_clone().unwrap();
    // Writes until the pipe is full, and waits from then on, like anyone who writes to it.
    thread::spawn(move || drop(filler.write_all(&[b'\n'; 16 << 20])));
    goes_on_without_a_log(writer.into()).await;
    drop(reader);
}

#[tokio::test]
async fn last_words_are_json_like_every_other_line() {
    let output = command(&[("ELEVATE_PUBLIC_URL", "nowhere"), ("ELEVATE_TYPO", "1")])
        .args(["--log", "json", "serve"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let [line] = &lines[..] else { panic!("{said}") };
    assert_eq!((&line["level"], &line["fields"]["message"]), (&"ERROR".into(), &"process: failed".into()));
    let error = line["fields"]["error"].as_str().unwrap();
    assert!(error.contains("ELEVATE_PUBLIC_URL") && error.contains("ELEVATE_TYPO"), "{error}");
}

// ---------------------------------------------------------------------------------------------------------
// Signals, and counterparts that are down

#[tokio::test]
async fn the_bot_starts_while_everything_is_down_and_says_so() {
    let mut process = Process::starts("starts_while_everything_is_down", &[]).await;
    process
        .eventually(async |process| {
            process.asked("/ready").await.unwrap().contains("degraded: slack does not answer")
        })
        .await;
    let ready = process.asked("/ready").await.unwrap();
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("not ready: the store"), "{ready}");
    for path in ["/health", "/ready", "/metrics"] {
        let told = says(process.address, &format!("GET {path}"), "").await.unwrap();
        assert!(told.starts_with("HTTP/1.1 404"), "{path} is not public: {told}");
    }
}

#[tokio::test]
async fn a_stop_is_announced_before_connections_are_refused_and_sighup_is_none() {
    let mut process = Process::starts("a_stop_is_announced", &[("ELEVATE_LIMITS__DRAIN", "1h")]).await;
    process.receives("HUP");
    process.receives("TERM");
    process
        .eventually(async |process| {
            process.asked("/ready").await.unwrap().contains("the process is about to stop")
        })
        .await;
    let told = says(process.address, "GET /style.css", "").await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200"), "it serves on: {told}");
    process.receives("HUP");
    process.receives("TERM");
    assert_eq!(process.ends().await.code(), Some(0), "another SIGTERM ends the wait");
}

/// What a command says to an operator whose credentials are those of a profile of the AWS CLI.
fn says_with_profile(home: &Path, profile: &str, arguments: &[&str]) -> String {
    let config = home.join("config");
    fs::write(&config, format!("[profile operator]\nregion = eu-west-1\n{profile}\n")).unwrap();
    let output = command(&[("AWS_PROFILE", "operator"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .envs([("AWS_CONFIG_FILE", config.as_path()), ("HOME", home)])
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .args(arguments)
        .output()
        .unwrap();
    assert!(!output.status.success(), "nothing is reachable");
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat()
}

const BY_OPERATORS: [&[&str]; 2] = [&["create-table", "--table", "elevate"], &["check"]];

#[test]
fn an_operators_credential_process_is_run() {
    for (n, arguments) in BY_OPERATORS.into_iter().enumerate() {
        let home = folder(&format!("an_operators_credential_process_is_run_{n}"));
        let [ran, give] = ["ran", "give"].map(|file| home.join(file));
        let credentials =
            r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "not used"}"#;
        fs::write(&give, format!("echo > '{}'; echo '{credentials}'", ran.display())).unwrap();
        let told =
            says_with_profile(&home, &format!("credential_process = sh {}", give.display()), arguments);
        assert!(ran.exists(), "{arguments:?} runs it: {told}");
        assert!(!told.contains("feature"), "{arguments:?}: {told}");
    }
}

#[test]
fn an_operators_sso_profile_is_understood() {
    let profile = "sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access";
    for (n, arguments) in BY_OPERATORS.into_iter().enumerate() {
        let home = folder(&format!("an_operators_sso_profile_is_understood_{n}"));
        let told = says_with_profile(&home, profile, arguments);
        assert!(told.contains("SSO token"), "{arguments:?}: {told}");
        assert!(!told.contains("feature"), "{arguments:?}: {told}");
    }
}
