//! Limits: whoever is slow, big or too fast takes nothing from anybody else, and is told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use elevate::{
    app::{App, Listeners},
    config::Transport,
};
use sandbox::{
    browser::Browser,
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, BOB, Company, GENERAL_CHANNEL},
    http::Fault,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::world::{ASK, Counted, Story, nine, play};

/// For what ends by itself.
const SOON: Duration = Duration::from_secs(20);
/// What is waited for where nothing comes.
const SHORT: &str = "300ms";
/// A page that is always there.
const STYLE: &str = "GET /style.css HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n";
/// How often somebody sends a byte who is slow.
const NOW_AND_THEN: Duration = Duration::from_millis(30);

/// The product at Example Corp, served as in production.
struct Served {
    company: Company,
    address: String,
    admin_address: String,
    stop: CancellationToken,
    is_over: JoinHandle<anyhow::Result<()>>,
}

impl Served {
    /// Within times that nobody reaches, but for what is set here.
    async fn with(settings: &[(&str, &str)]) -> Self {
        const LONG: [(&str, &str); 4] = [
            ("LIMITS__HEAD", "1h"),
            ("LIMITS__IDLE", "1h"),
            ("LIMITS__BODY", "1h"),
            ("LIMITS__ANSWER", "1h"),
        ];
        let mut company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
        let set = LONG.iter().chain(settings).map(|(key, value)| (format!("ELEVATE_{key}"), (*value).into()));
        company.settings = set.collect::<BTreeMap<_, _>>().into_iter().collect();
        let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listeners = Listeners { public: bind().await, admin: bind().await };
        let [address, admin_address] =
            [&listeners.public, &listeners.admin].map(|listener| listener.local_addr().unwrap().to_string());
        let url = format!("http://{address}");
        let random = Arc::new(Counted::default());
        let app: App = stage::build(&company, &url, Transport::Http, random).await.unwrap();
        let stop = app.broker().stopping();
        let is_over = tokio::spawn(app.serve(listeners));
        Self { company, address, admin_address, stop, is_over }
    }

    async fn connects(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends this, and hands back everything that is said until the connection is closed.
    async fn is_told(&self, request: &str) -> String {
        let mut connection = self.connects().await;
        connection.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut connection).await
    }

    /// Everything that is counted so far.
    async fn metrics(&self) -> String {
        let mut connection = TcpStream::connect(&self.admin_address).await.unwrap();
        connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n").await.unwrap();
        read_to_end(&mut connection).await
    }

    /// How a page is answered that is asked for with this header: its status, and for how long to wait.
    async fn visited(&self, forwarded_for: &str) -> (String, Option<String>) {
        let request = format!(
            "GET /link/x HTTP/1.1\r\nHost: elevate\r\nX-Forwarded-For: {forwarded_for}\r\nConnection: close\r\n\r\n"
        );
        let told = self.is_told(&request).await;
        let mut lines = told.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let wait = lines.find_map(|line| line.strip_prefix("retry-after: "));
        (status, wait.map(str::to_owned))
    }

    async fn stops(self) {
        self.stop.cancel();
        timeout(SOON, self.is_over).await.expect("it stops").unwrap().unwrap();
    }
}

async fn read_to_end(connection: &mut TcpStream) -> String {
    let mut told = Vec::new();
    match timeout(SOON, connection.read_to_end(&mut told)).await {
        Ok(Ok(_)) => {}
        Ok(Err(reset)) => assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset, "{reset}"),
        Err(_) => panic!("the connection is open after {:?}", String::from_utf8_lossy(&told)),
    }
    String::from_utf8(told).unwrap()
}

/// Writes a byte, and another one a little later, for as long as anybody reads them.
async fn drips(connection: &mut TcpStream) -> String {
    let mut told = [0; 1_024];
    loop {
        match timeout(NOW_AND_THEN, connection.read(&mut told)).await {
            Ok(Ok(length)) => return String::from_utf8_lossy(&told[..length]).into_owned(),
            Ok(Err(_)) => return String::new(),
            Err(_) => drop(connection.write_all(b"x").await),
        }
    }
}

// ---------------------------------------------------------------------------------------------------------
// Slow, and big

#[tokio::test]
async fn whoever_never_ends_a_request_is_hung_up_on() {
    let served = Served::with(&[("LIMITS__HEAD", SHORT)]).await;
    for beginning in ["", "G", "GET /style.css HTTP/1.1\r\nHost: elevate\r\n", "PRI * HTTP/2.0\r\n"] {
        served.is_told(beginning).await;
    }
    let mut slow = served.connects().await;
    slow.write_all(b"GET /style.css HTTP/1.1\r\nX: ").await.unwrap();
    timeout(SOON, drips(&mut slow)).await.expect("a byte now and then is no request");
    served.stops().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_later_than_one_that_asks_for_nothing() {
    let served = Served::with(&[("LIMITS__HEAD", SHORT), ("LIMITS__IDLE", "1s")]).await;
    let mut idle = served.connects().await;
    idle.write_all(b"GET /style.css HTTP/1.1\r\nHost: elevate\r\n\r\n").await.unwrap();
    assert_eq!(served.is_told("").await, "", "closed, while the other one is idle");
    idle.write_all(b"GET /style.css HTTP/1.1\r\nHost: elevate\r\n\r\n").await.unwrap();
    let told = read_to_end(&mut idle).await;
    assert_eq!(told.matches("HTTP/1.1 200").count(), 2, "{told}");
    served.stops().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let served = Served::with(&[("LIMITS__BODY", SHORT)]).await;
    let now = served.company.clock.now().timestamp();
    let dated = format!("X-Slack-Request-Timestamp: {now}\r\n");
    for (path, headers) in [
        ("/link/x", ""),
        ("/oidc/backchannel-logout", ""),
        ("/slack/commands", &*dated),
        ("/slack/interactions", &*dated),
        ("/slack/events", &*dated),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: elevate\r\n{headers}Content-Length: 100\r\n\r\n");
        let told = served.is_told(&head).await;
        assert!(told.starts_with("HTTP/1.1 408"), "{path}: {told}");
    }
    let mut slow = served.connects().await;
    slow.write_all(b"POST /link/x HTTP/1.1\r\nHost: elevate\r\nContent-Length: 10000\r\n\r\n").await.unwrap();
    let told = timeout(SOON, drips(&mut slow)).await.expect("a byte now and then is no body");
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    served.stops().await;
}

#[tokio::test]
async fn what_is_too_big_is_not_read() {
    let served = Served::with(&[]).await;
    let big = "x".repeat(200_000);
    let told =
        served.is_told(&format!("GET /oidc/callback?code={big} HTTP/1.1\r\nHost: elevate\r\n\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 431") || told.starts_with("HTTP/1.1 414"), "{told}");
    let told = served.is_told(&format!("GET /style.css HTTP/1.1\r\nHost: elevate\r\nX: {big}\r\n\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 431"), "{told}");
    served.stops().await;
}

#[tokio::test]
async fn a_body_that_is_not_accepted_is_refused_by_its_head_alone() {
    let served = Served::with(&[]).await;
    let now = served.company.clock.now().timestamp();
    let (dated, stale) = (format!("X-Slack-Request-Timestamp: {now}"), "X-Slack-Request-Timestamp: 1");
    let link = format!("/link/{}", "A".repeat(43));
    for (method, path, header, length, status) in [
        ("POST", &*link, "X: y", "Content-Length: 16385", 413),
        ("POST", "/oidc/backchannel-logout", "X: y", "Content-Length: 16385", 413),
        ("POST", "/slack/commands", &*dated, "Content-Length: 524289", 413),
        ("POST", "/slack/interactions", &*dated, "Content-Length: 99999999999", 413),
        ("POST", "/slack/commands", "X: y", "Content-Length: 10", 401),
        ("POST", "/slack/events", stale, "Content-Length: 10", 401),
        ("POST", "/slack/interactions", stale, "Transfer-Encoding: chunked", 401),
        ("POST", "/nowhere", "X: y", "Content-Length: 1048575", 404),
        ("PUT", &*link, "X: y", "Content-Length: 10", 413),
        ("GET", &*link, "X: y", "Content-Length: 10", 413),
        ("GET", &*link, "X: y", "Transfer-Encoding: chunked", 413),
        ("HEAD", &*link, "X: y", "Content-Length: 10", 413),
        ("GET", "/oidc/callback", "X: y", "Content-Length: 10", 413),
        ("GET", "/style.css", "X: y", "Content-Length: 10", 413),
        ("GET", "/slack/commands", &*dated, "Content-Length: 10", 405),
        ("GET", "/nowhere", "X: y", "Transfer-Encoding: chunked", 404),
    ] {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: elevate\r\n{header}\r\n{length}\r\n\r\n");
        let told = served.is_told(&head).await;
        assert!(
            told.starts_with(&format!("HTTP/1.1 {status}")),
            "{method} {path}, {header}, {length}: {told}"
        );
    }
    served.stops().await;
}

#[tokio::test]
async fn a_connection_beyond_the_limit_is_told_to_come_again() {
    let served = Served::with(&[("LIMITS__CONNECTIONS", "2")]).await;
    let (one, other) = (served.connects().await, served.connects().await);
    let told = served.is_told("GET /style.css HTTP/1.1\r\nHost: e\r\n\r\n").await;
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("Retry-After: 5\r\n"), "{told}");
    drop((one, other));
    while !served.is_told(STYLE).await.starts_with("HTTP/1.1 200") {}
    let metrics = served.metrics().await;
    assert!(!metrics.contains("elevate_rejected_requests_total{reason=\"connections\"} 0"), "{metrics}");
    assert!(metrics.contains("elevate_open_connections "), "{metrics}");
    served.stops().await;
}

#[tokio::test]
async fn a_body_that_finds_no_memory_is_told_to_come_again_and_a_small_one_finds_some() {
    let served = Served::with(&[("LIMITS__BODY_MEMORY", "64KiB")]).await;
    let slack = &served.company.slack;
    let large = format!("payload={}", "x".repeat(100_000));
    let told = slack.send(&slack.signed("/slack/interactions", &large)).await.unwrap();
    assert_eq!(told.status, 503);
    assert_eq!(slack.send(&slack.signed("/slack/events", "{}")).await.unwrap().status, 200);
    let metrics = served.metrics().await;
    assert!(metrics.contains("elevate_rejected_requests_total{reason=\"memory\"} 1"), "{metrics}");
    served.stops().await;
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_given_up() {
    let served = Served::with(&[("LIMITS__ANSWER", SHORT)]).await;
    served.company.dynamo.control().fail_always("GetItem", Fault::Hangs);
    let browser = Browser::with_clock(served.company.clock.clone());
    let link = format!("http://{}/link/{}", served.address, "A".repeat(43));
    let page = browser.get_raw(&link).await.unwrap();
    assert_eq!(page.status, 503);
    assert!(page.text().contains("This took too long"), "{}", page.text());
    served.company.dynamo.control().heal();
    served.stops().await;
}

#[tokio::test]
async fn what_has_begun_is_answered_though_the_app_stops() {
    let served = Served::with(&[]).await;
    let mut idle = served.connects().await;
    let looked_up = || {
        let calls = served.company.dynamo.control().calls();
        calls.iter().filter(|call| *call == "GetItem").count()
    };
    while looked_up() == 0 {
        tokio::task::yield_now().await; // the store is looked at at start
    }
    let before = looked_up();
    served.company.dynamo.control().slow("GetItem", Duration::from_secs(1));
    let mut begun = served.connects().await;
    let link = format!("GET /link/{} HTTP/1.1\r\nHost: elevate\r\n\r\n", "A".repeat(43));
    begun.write_all(link.as_bytes()).await.unwrap();
    while looked_up() == before {
        tokio::task::yield_now().await;
    }
    served.stops().await;
    assert!(read_to_end(&mut begun).await.starts_with("HTTP/1.1 410"));
    assert_eq!(read_to_end(&mut idle).await, "");
}

// ---------------------------------------------------------------------------------------------------------
// Too fast

#[tokio::test]
async fn an_address_may_miss_sixty_times_and_then_twice_a_second() {
    let served = Served::with(&[]).await;
    let visited = async || served.visited("203.0.113.9").await;
    for _ in 0..60 {
        assert_eq!(visited().await, ("410".to_owned(), None));
    }
    assert_eq!(visited().await, ("429".to_owned(), Some("1".to_owned())), "whatever it says where it is");
    assert_eq!(served.visited("198.51.100.7").await.0, "429");
    let style = served.is_told(STYLE).await;
    assert!(style.starts_with("HTTP/1.1 200"), "{style}");
    let metrics = served.metrics().await;
    assert!(metrics.contains("elevate_rate_limited_total{who=\"address\"} 2"), "{metrics}");

    served.company.clock.advance(TimeDelta::seconds(1));
    for status in ["410", "410", "429"] {
        assert_eq!(visited().await.0, status);
    }
    served.stops().await;
}

#[tokio::test]
async fn nobody_is_slowed_by_who_shares_their_address() {
    let served = Served::with(&[]).await;
    let slack = &served.company.slack;
    for _ in 0..100 {
        served.visited("203.0.113.9").await;
    }
    assert_eq!(served.visited("203.0.113.9").await.0, "429");
    slack.person(ADA.slack).types(GENERAL_CHANNEL, "/elevate link").await.unwrap();
    let browser = Browser::with_clock(served.company.clock.clone());
    let link = loop {
        let shown = slack.ephemerals(ADA.slack).iter().find_map(|shown| link_in(&format!("{shown:?}")));
        match shown {
            Some(link) => break link,
            None => tokio::task::yield_now().await,
        }
    };
    // Her link, the sign-in that it leads to, and the way back from it are hers.
    for _ in 0..3 {
        assert_eq!(browser.open(&link).await.unwrap().status, 200);
        served.visited("203.0.113.9").await;
    }
    let page = browser.open(&link).await.unwrap();
    let at_idp = browser.press(&page, "This is me").await.unwrap();
    let page = browser.press(&at_idp, &format!("Continue as {}", ADA.name)).await.unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(served.visited("203.0.113.9").await.0, "429");
    served.stops().await;
}

fn link_in(shown: &str) -> Option<String> {
    let (_, from) = shown.split_at(shown.find("http://127.0.0.1")?);
    let link = from.split(['"', '\\', '|', '>']).next()?;
    link.contains("/link/").then(|| link.to_owned())
}

#[tokio::test]
async fn behind_a_load_balancer_addresses_are_what_it_says() {
    let served = Served::with(&[("CLIENT_ADDRESS", "x-forwarded-for")]).await;
    for _ in 0..60 {
        assert_eq!(served.visited("192.0.2.1").await.0, "410");
        assert_eq!(served.visited("2001:db8:1:2::3").await.0, "410");
    }
    for (forwarded_for, status) in [
        ("192.0.2.1", "429"),
        ("198.51.100.7, 192.0.2.1", "429"),
        ("::ffff:192.0.2.1", "429"),
        ("192.0.2.1, 198.51.100.7", "410"),
        ("2001:db8:1:2:ffff::9", "429"),
        ("192.0.2.1:4711", "429"),
        ("[2001:db8:1:2::3]:4711", "429"),
        ("[2001:db8:1:2::3]", "429"),
        ("198.51.100.8:443", "410"),
        ("2001:db8:1:3::3", "410"),
    ] {
        assert_eq!(served.visited(forwarded_for).await.0, status, "{forwarded_for}");
    }
    served.stops().await;
}

#[tokio::test]
async fn whoever_types_too_much_is_told_to_wait_and_nothing_is_stored() {
    play(Story::start(), async |world| {
        let types = async |persona: sandbox::example_corp::Persona| {
            world.company.slack.person(persona.slack).types(GENERAL_CHANNEL, "/elevate unlink").await.unwrap()
        };
        for _ in 0..20 {
            assert!(types(ADA).await.is_ok());
        }
        world.settle().await;
        world.ada().hears();
        let writes = || {
            let calls = world.company.dynamo.control().calls();
            calls.iter().filter(|call| *call == "TransactWriteItems").count()
        };
        let before = writes();
        let told = types(ADA).await;
        let expected = "That was too many actions at once, so nothing was done. Wait 1 s, then try again.";
        assert_eq!(told.body["text"].as_str(), Some(expected));
        world.settle().await;
        assert_eq!(writes(), before);

        types(BOB).await;
        world.company.clock.advance(TimeDelta::seconds(1));
        types(ADA).await;
        world.settle().await;
        world.bob().hears();
        world.ada().hears();
    })
    .await;
}

#[tokio::test]
async fn whoever_presses_too_much_is_told_now_and_then_and_changes_nothing() {
    play(Story::asked(), async |world| {
        world.company.clock.advance(TimeDelta::minutes(1));
        for _ in 0..20 {
            world.bob().types("/elevate help").await;
        }
        world.bob().hears();
        for _ in 0..5 {
            world.bob().presses("review.approve").await;
        }
        assert_eq!(world.bob().hears().matches("too many actions at once").count(), 1);
        world.company.clock.advance(TimeDelta::seconds(1));
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_too_fast_stays_open() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.clock.advance(TimeDelta::minutes(1));
        let ada = world.ada();
        ada.types("/elevate").await;
        for _ in 0..19 {
            ada.types("/elevate help").await;
        }
        ada.hears();
        let fields = [("target", "111122223333/S3Admin"), ("duration", "1h"), ("justification", "why")];
        let sandbox::slack::Submission::Errors(errors) = ada.submits(&fields).await else {
            panic!("it is closed")
        };
        assert!(errors["justification"].contains("Wait 1 s"), "{errors:?}");
        world.company.clock.advance(TimeDelta::seconds(1));
        ada.submits(&fields).await;
        assert!(ada.hears().contains("on its way"), "{ASK}");
        world.everybody_catches_up();
    })
    .await;
}
