//! What the operator can count, read as Prometheus reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use chrono::TimeDelta;
use elevate::{config::Transport, metrics::Metrics};
use sandbox::{
    example_corp::{ADA, BOB, CAROL, REVIEW_CHANNEL},
    http::Fault,
};

use yaml_rust2::YamlLoader;

use crate::examples::{account_events, sessions};
use crate::world::{ASK, Story, World, machines_reach, play};

/// Everything that one scrape says, with every line understood.
#[derive(Default)]
pub(crate) struct Scrape {
    types: BTreeMap<String, String>,
    samples: BTreeMap<(String, Labels), f64>,
}

/// The labels of one sample, by name.
type Labels = BTreeMap<String, String>;

impl Scrape {
    async fn of(world: &World) -> Self {
        Self::at(world, &world.admin_url).await
    }

    async fn at(world: &World, url: &str) -> Self {
        let page = world.ada().browser.get_raw(&format!("{url}/metrics")).await.unwrap();
        assert_eq!(page.status, 200);
        assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        Self::read(&page.body)
    }

    /// Reads Prometheus's text format
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>), of which every metric has
    /// its help and its type first, and all its samples after them.
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let mut scrape = Self::default();
        let mut helped = String::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').expect(line);
                assert!(sentence.contains(' '), "{line}");
                name.clone_into(&mut helped);
            } else if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declared.split_once(' ').expect(line);
                assert_eq!(name, helped, "{line}");
                name.clone_into(&mut current);
                let before = scrape.types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{line}");
            } else {
                let (sample, value) = line.rsplit_once(' ').expect(line);
                let (name, labels) = parts(sample);
                let is_histogram = scrape.types[&current] == "histogram";
                let stem = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
                let family = stem.filter(|_| is_histogram).unwrap_or(&name);
                assert_eq!(family, current, "{line}");
                let before = scrape.samples.insert((name, labels), value.parse().expect(line));
                assert_eq!(before, None, "{line}");
            }
        }
        scrape
    }

    /// The sum of all samples of this name that have these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has =
            |all: &Labels| labels.iter().all(|(key, value)| all.get(*key).is_some_and(|it| it == value));
        self.samples.iter().filter(|((it, all), _)| it == name && has(all)).map(|(_, value)| value).sum()
    }

    /// How many events there are of each kind.
    fn events(&self) -> BTreeMap<String, f64> {
        let of_events = self.samples.iter().filter(|((name, _), _)| name == "elevate_events_total");
        let happened = of_events.filter(|(_, count)| **count > 0.0);
        happened.map(|((_, labels), count)| (labels["event"].clone(), *count)).collect()
    }
}

/// The name and the labels of a sample such as `name{key="value",other="value"}`.
fn parts(sample: &str) -> (String, Labels) {
    let Some((name, labels)) = sample.split_once('{') else { return (sample.to_owned(), Labels::new()) };
    let labels = labels.strip_suffix("\"}").expect(sample);
    let pairs = labels.split("\",").map(|pair| pair.split_once("=\"").expect(sample));
    (name.to_owned(), pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

/// A scrape once much has happened: links, an approval, a session, a refusal.
async fn eventful(world: &World) -> Scrape {
    let link = world.ada().console_link().await;
    world.ada().opens(&link).await;
    world.bob().types("/elevate 111122223333/NoSuchRole 1h bucket policy broken").await;
    world.everybody_catches_up();
    world.sweep().await;
    Scrape::of(world).await
}

#[tokio::test]
async fn every_event_of_a_story_is_counted_once() {
    play(Story::approved(), async |world| {
        let scrape = eventful(world).await;
        let mut happened = BTreeMap::from([("linked".to_owned(), 3.0), ("refused".to_owned(), 1.0)]);
        let request = world.request_of(ADA).await;
        for recorded in world.app.broker().ports().store.events(&request).await.unwrap() {
            let kind = serde_json::to_value(&recorded).unwrap()["what"].as_str().unwrap().to_owned();
            *happened.entry(kind).or_default() += 1.0;
        }
        assert!(happened.contains_key("approved") && happened.contains_key("session_issued"), "{happened:?}");
        assert_eq!(scrape.events(), happened);
        assert_eq!(scrape.sum("elevate_refusals_total", &[("code", "not_eligible")]), 1.0);
    })
    .await;
}

#[tokio::test]
async fn every_answer_to_slack_is_counted_whichever_way_it_comes() {
    for transport in [Transport::Http, Transport::Socket] {
        play(Story::approved().over(transport), async |world| {
            let scrape = eventful(world).await;
            let answers = |kind, outcome| {
                scrape
                    .sum("elevate_slack_ack_duration_seconds_count", &[("kind", kind), ("outcome", outcome)])
            };
            // Three people link themselves, Ada asks, Bob asks in vain.
            assert_eq!(answers("command", "ok"), 5.0, "{transport:?}");
            // Each of the three follows the link's button, Bob approves, Ada goes to the console.
            assert_eq!(answers("interaction", "ok"), 5.0, "{transport:?}");
            assert_eq!(scrape.sum("elevate_slack_ack_duration_seconds_count", &[]), 10.0, "{transport:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn forged_requests_and_presses_that_are_not_stored_are_answers_of_their_own() {
    play(Story::asked(), async |world| {
        let slack = &world.company.slack;
        let forged = slack.last_sent().unwrap().with_header("x-slack-signature", "v0=0");
        assert_eq!(slack.send(&forged).await.unwrap().status, 401);
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        let (channel, ts) = world.bob().newest_with("review.approve");
        let pressed =
            slack.person(BOB.slack).presses((channel.as_str(), ts.as_str()), "review.approve").await;
        assert!(!pressed.unwrap().ack.is_ok());
        world.company.dynamo.control().heal();
        let scrape = Scrape::of(world).await;
        let answers = |kind, outcome| {
            scrape.sum("elevate_slack_ack_duration_seconds_count", &[("kind", kind), ("outcome", outcome)])
        };
        assert_eq!((answers("command", "refused"), answers("interaction", "unavailable")), (1.0, 1.0));
    })
    .await;
}

#[tokio::test]
async fn histograms_add_up() {
    play(Story::approved(), async |world| {
        let scrape = eventful(world).await;
        let mut series: BTreeMap<(&str, Labels), Vec<(f64, f64)>> = BTreeMap::new();
        for ((name, labels), count) in &scrape.samples {
            let Some(family) = name.strip_suffix("_bucket") else { continue };
            let mut labels = labels.clone();
            let bound = labels.remove("le").unwrap().parse().unwrap();
            series.entry((family, labels)).or_default().push((bound, *count));
        }
        assert!(series.len() > 10, "{series:?}");
        for ((family, labels), mut buckets) in series {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by(|one, other| one.0 < other.0 && one.1 <= other.1), "{buckets:?}");
            let (last, all) = *buckets.last().unwrap();
            assert_eq!(last, f64::INFINITY);
            assert_eq!(scrape.samples[&(format!("{family}_count"), labels.clone())], all);
            assert!(scrape.samples[&(format!("{family}_sum"), labels)] >= 0.0);
        }
    })
    .await;
}

#[tokio::test]
async fn labels_are_words_and_say_nothing_of_anybody() {
    play(Story::approved(), async |world| {
        let scrape = eventful(world).await;
        for (name, labels) in scrape.samples.keys() {
            for (key, value) in labels.iter().filter(|(key, _)| *key != "le") {
                let is_word = match key.as_str() {
                    "version" => value.chars().all(|c| c.is_ascii_digit() || c == '.'),
                    "operation" => value.chars().all(|c| c.is_ascii_alphabetic() || "._".contains(c)),
                    _ => value.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                };
                assert!(is_word && !value.is_empty(), "{name}: {key} is {value}");
            }
        }
    })
    .await;
}

/// The table in docs/METRICS.md: of each metric the name, the type and the labels.
#[tokio::test]
async fn the_reference_lists_every_metric_and_no_other() {
    play(Story::approved(), async |world| {
        let scrape = eventful(world).await;
        let mut found: BTreeMap<&str, (&str, BTreeSet<&str>)> = BTreeMap::new();
        for (name, kind) in &scrape.types {
            let of_it = scrape.samples.keys().filter(|(sample, _)| sample.starts_with(name.as_str()));
            let labels = of_it.flat_map(|(_, labels)| labels.keys()).map(String::as_str);
            found.insert(name, (kind, labels.filter(|label| *label != "le").collect()));
        }
        let reference = fs::read_to_string("docs/METRICS.md").unwrap();
        let rows = reference.lines().filter_map(|line| line.strip_prefix("| `elevate_"));
        let listed: BTreeMap<String, (&str, BTreeSet<&str>)> = rows
            .map(|row| {
                let cells: Vec<&str> = row.split(" | ").collect();
                let name = format!("elevate_{}", cells[0].trim_end_matches('`'));
                (name, (cells[1], cells[2].split('`').skip(1).step_by(2).collect()))
            })
            .collect();
        assert_eq!(
            listed.iter().map(|(name, row)| (name.as_str(), row.clone())).collect::<BTreeMap<_, _>>(),
            found
        );
        for name in found.keys() {
            assert!(
                [
                    "_seconds",
                    "_total",
                    "_jobs",
                    "_requests",
                    "_connections",
                    "_parts",
                    "_bytes",
                    "_fds",
                    "_info"
                ]
                .iter()
                .any(|unit| name.ends_with(unit)),
                "{name}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_notice_that_slack_does_not_take_is_seen_to_wait() {
    play(Story::asked(), async |world| {
        world.company.slack.control().fail_always("chat.postMessage", Fault::Status(503));
        world.bob().presses("review.approve").await;
        let posts = [("counterpart", "slack"), ("operation", "chat.postMessage")];
        let scrape = Scrape::of(world).await;
        let unavailable = [posts[0], posts[1], ("outcome", "unavailable")];
        assert_eq!(scrape.sum("elevate_call_duration_seconds_count", &unavailable), 1.0, "the audit line");

        world.passes(TimeDelta::seconds(30)).await; // the committer still has it to itself
        let scrape = Scrape::of(world).await;
        assert_eq!(scrape.sum("elevate_due_jobs", &[("lane", "auditors")]), 1.0);
        assert_eq!(scrape.sum("elevate_due_jobs", &[]), 1.0);
        assert_eq!(scrape.sum("elevate_oldest_due_job_age_seconds", &[]), 30.0);
        assert_eq!(scrape.sum("elevate_audit_lag_seconds", &[]), 30.0);
        let now = world.company.clock.now().timestamp();
        assert_eq!(scrape.sum("elevate_last_sweep_timestamp_seconds", &[("lane", "auditors")]), now as f64);

        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        world.passes(TimeDelta::minutes(1)).await;
        let scrape = Scrape::of(world).await;
        assert_eq!(scrape.sum("elevate_due_jobs", &[]), 0.0);
        assert_eq!(scrape.sum("elevate_oldest_due_job_age_seconds", &[]), 0.0);
        assert_eq!(scrape.sum("elevate_audit_lag_seconds", &[]), 0.0);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_slack_refuses_for_good_is_counted_as_a_dead_letter() {
    play(Story::with_linked([ADA]), async |world| {
        let parked = [("task", "notify")];
        assert_eq!(Scrape::of(world).await.sum("elevate_dead_letters_total", &parked), 0.0);
        world.company.slack.update_channel(REVIEW_CHANNEL, |channel| channel.is_archived = true);
        world.ada().types(ASK).await;
        assert_eq!(Scrape::of(world).await.sum("elevate_dead_letters_total", &parked), 1.0, "the card");
        assert_eq!(Scrape::of(world).await.events()["undelivered"], 1.0);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn open_requests_are_counted_by_where_they_stand() {
    play(Story::asked(), async |world| {
        let counted = async || {
            world.passes(TimeDelta::minutes(1)).await;
            let scrape = Scrape::of(world).await;
            ["requested", "approved"].map(|status| scrape.sum("elevate_open_requests", &[("status", status)]))
        };
        assert_eq!(counted().await, [1.0, 0.0]);
        world.bob().presses("review.approve").await;
        assert_eq!(counted().await, [0.0, 1.0]);
        world.ada().presses("request.end").await;
        assert_eq!(counted().await, [0.0, 0.0]);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_a_counterpart_refuses_is_told_apart_from_an_outage() {
    play(Story::with_linked([ADA]), async |world| {
        let refreshes = async |outcome| {
            let labels = [("counterpart", "identity_provider"), ("operation", "token"), ("outcome", outcome)];
            Scrape::of(world).await.sum("elevate_call_duration_seconds_count", &labels)
        };
        world.company.idp.control().fail_always("token", Fault::Status(503));
        world.ada().types(ASK).await;
        assert_eq!((refreshes("unavailable").await, refreshes("refused").await), (1.0, 0.0));
        world.company.idp.control().heal();
        world.company.idp.revoke(ADA.login);
        world.ada().types(ASK).await;
        assert_eq!((refreshes("unavailable").await, refreshes("refused").await), (1.0, 1.0));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn each_app_counts_for_itself() {
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        let url = machines_reach(&world.another_replica().await).await;
        assert_eq!(Scrape::at(world, &url).await.events(), BTreeMap::new());
        assert_eq!(Scrape::of(world).await.events(), BTreeMap::from([("linked".to_owned(), 3.0)]));
    })
    .await;
}

/// Series that are born with their first event would hide it from a rate.
#[tokio::test]
async fn every_label_set_is_born_at_zero() {
    play(Story::approved(), async |world| {
        let born = Scrape::read(&Metrics::new().text());
        for ((name, labels), value) in &eventful(world).await.samples {
            let is_counter = name.ends_with("_total") || name.ends_with("_count");
            let is_born = born.samples.contains_key(&(name.clone(), labels.clone()));
            assert!(!is_counter || is_born, "{name} {labels:?} is {value} at first");
        }
        let of_requests = sessions().into_iter().map(|change| change.what.name());
        for event in of_requests.chain(account_events().iter().map(|event| event.name())) {
            assert_eq!(born.sum("elevate_events_total", &[("event", event)]), 0.0);
            assert!(
                born.samples
                    .contains_key(&("elevate_events_total".into(), [("event".into(), event.into())].into())),
                "{event}"
            );
        }
    })
    .await;
}

/// Each selector of an alarm names a metric and labels that there are from the start, so that it fires the first time.
#[test]
fn the_alarms_name_metrics_and_labels_that_there_are() {
    let born = Scrape::read(&Metrics::new().text());
    let file = fs::read_to_string("infra/prometheus/alarms.yaml").unwrap();
    let alarms = YamlLoader::load_from_str(&file).unwrap().remove(0);
    let rules: Vec<_> = alarms["groups"]
        .as_vec()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_vec().unwrap())
        .collect();
    assert!(rules.len() >= 10, "{}", rules.len());
    let reference = fs::read_to_string("docs/METRICS.md").unwrap();
    for rule in rules {
        let (name, expression) = (rule["alert"].as_str().unwrap(), rule["expr"].as_str().unwrap());
        assert!(rule["annotations"]["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        assert!(reference.contains(&format!("`{name}`")), "docs/METRICS.md does not explain {name}");
        let mut selectors = expression.match_indices("elevate_").peekable();
        assert!(selectors.peek().is_some(), "{name}");
        for (at, _) in selectors {
            let rest = &expression[at..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (metric, rest) = rest.split_at(end);
            let labels = rest
                .strip_prefix('{')
                .and_then(|labels| labels.split_once('}'))
                .map_or("", |(labels, _)| labels);
            let wanted: Vec<(&str, &str)> = labels
                .split(',')
                .filter(|label| !label.is_empty())
                .map(|label| label.split_once("=\"").expect(label))
                .map(|(key, value)| (key, value.trim_end_matches('"')))
                .collect();
            // A lane is swept before there is a time at which it was.
            let is_born = metric == "elevate_last_sweep_timestamp_seconds"
                || born.samples.keys().any(|(there, all)| {
                    there == metric
                        && wanted.iter().all(|(key, value)| all.get(*key).is_some_and(|it| it == value))
                });
            assert!(is_born, "{name}: no {metric}{{{labels}}} at the start");
        }
    }
}
