//! Every command against every status, and what no sequence of them may bring about.

use std::{collections::BTreeMap, ops::Deref};

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    account::Account,
    cloud_refusal::CloudCause,
    group_name::GroupNames,
    ids::{CommandId, RequestId},
    job::{Job, follow_ups},
    person::{FreshGroups, Groups, Human, Link, SignedIn, Subject},
    policy::WithoutAuditors,
    refusal::Unproven,
    request::{StatusKind, evolve},
    step_up::{Authentication, StepUp},
};

pub(in crate::domain) const TARGET: &str = "aws-temp#S3Admin#111122223333";
const REVIEWER: &str = "aws-temp#Reviewer";

pub(in crate::domain) fn policy() -> Policy {
    Policy {
        group_prefix: "aws-temp".into(),
        reviewers: REVIEWER.into(),
        request_ttl: "24h".parse().unwrap(),
        max_duration: "8h".parse().unwrap(),
        durations: vec!["1h".parse().unwrap()],
        sessions_at_once: 2,
        requests_per_hour: 20,
        without_auditors: WithoutAuditors::GoOn,
        accounts: BTreeMap::new(),
        group_names: GroupNames::default(),
        step_up: None,
    }
}

pub(in crate::domain) fn minute(minute: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

fn subject(name: &str) -> Subject {
    Subject { issuer: "https://idp.example".into(), subject: name.into() }
}

fn link(name: &str) -> Link {
    Link {
        account: Account::new("slack", "T0123456", format!("U0{}", name.to_uppercase())),
        subject: subject(name),
        email: format!("{name}@example.com").parse().unwrap(),
        person: None,
        groups: Groups::default(),
        signed_in_at: minute(0),
        is_refreshable: true,
        is_signed_out: false,
    }
}

fn stranger_without_account() -> Human {
    Human { account: None, ..ada().human().clone() }
}

fn person(name: &str, groups: &[&str]) -> Person {
    link(name).with(FreshGroups::fetched(groups.iter().copied().collect()))
}

fn ada() -> Person {
    person("ada", &[TARGET])
}

fn bob() -> Person {
    person("bob", &[REVIEWER])
}

pub(in crate::domain) fn signed_in(name: &str, groups: &[&str]) -> Confirmed {
    confirmed(subject(name), groups, Authentication::plain(minute(0)))
}

/// Returns a sign-in after which the provider has returned the same groups once more.
fn confirmed(subject: Subject, groups: &[&str], authentication: Authentication) -> Confirmed {
    let groups: Groups = groups.iter().copied().collect();
    let later = FreshGroups::fetched(groups.clone());
    SignedIn::verified(subject, None, groups, authentication).confirmed_by(&later)
}

/// Ada's request for an hour, made at minute 0, with a day to be answered.
pub(in crate::domain) fn requested() -> Recorded {
    let wanted = Ask {
        target: "111122223333/S3Admin".parse().unwrap(),
        duration: "1h".parse().unwrap(),
        justification: "why not".parse().unwrap(),
    };
    let opening = ask(&ada(), wanted, &[], &policy(), minute(0)).unwrap();
    let command = CommandId::of_press(&Account::new("slack", "T0123456", "U0ADA"), "1");
    let (recorded, _) = opening.opens(RequestId::new(minute(0), 1), command, minute(0));
    recorded
}

/// A request with the events that it is the sum of.
pub(in crate::domain) struct Past {
    request: Request,
    pub(in crate::domain) history: Vec<Recorded>,
}

impl Past {
    fn of(history: Vec<Recorded>) -> Self {
        Self { request: Request::replayed(&history).unwrap(), history }
    }
}

impl Deref for Past {
    type Target = Request;
    fn deref(&self) -> &Request {
        &self.request
    }
}

/// Returns the request after these commands, each at its minute. Every command must cause an event.
pub(in crate::domain) fn after(commands: &[(i64, Deed)]) -> Past {
    commands.iter().fold(Past::of(vec![requested()]), |past, (at, deed)| {
        let change = decide_of(&past, deed, &policy(), minute(*at)).unwrap().unwrap();
        let command = CommandId::of_the_clock(&past.id, past.version);
        let recorded = past.next(change, command, minute(*at));
        Past::of([past.history, vec![recorded]].concat())
    })
}

/// Anything that may be done with a request: a command, or the beginning of a session.
#[derive(Clone, Debug)]
pub(in crate::domain) enum Deed {
    Command(Command),
    Begin(Confirmed),
}

impl From<Command> for Deed {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

/// Decides a command about a request whose events do not matter.
pub(in crate::domain) fn decide(
    request: &Request,
    deed: &(impl Clone + Into<Deed>),
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    match deed.clone().into() {
        Deed::Command(command) => super::decide(request, &command, policy, now),
        Deed::Begin(_) => panic!("a session looks at the events"),
    }
}

/// Decides anything about a request with its events.
fn decide_of(
    past: &Past,
    deed: &(impl Clone + Into<Deed>),
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    match deed.clone().into() {
        Deed::Command(command) => super::decide(past, &command, policy, now),
        Deed::Begin(by) => {
            begin_session(past, &past.history, &by, policy, now).map(|begins| Some(begins.change()))
        }
    }
}

pub(in crate::domain) fn approve() -> Deed {
    Act::Approve.by(bob()).into()
}

fn reject() -> Deed {
    Act::Reject("no".parse().unwrap()).by(bob()).into()
}

fn withdraw() -> Deed {
    Act::Withdraw.by(ada()).into()
}

fn end() -> Deed {
    Act::End.by(ada()).into()
}

pub(in crate::domain) fn begin() -> Deed {
    Deed::Begin(signed_in("ada", &[TARGET]))
}

fn settle(outcome: SessionOutcome) -> Deed {
    settle_nth(1, outcome)
}

fn settle_nth(session: u32, outcome: SessionOutcome) -> Deed {
    Command::SettleSession { session, outcome }.into()
}

const DAY: i64 = 24 * 60;

#[test]
fn who_gives_a_command_twice_has_given_it_once() {
    let twice = |request: &Request, command: &Deed, at| decide(request, command, &policy(), minute(at));
    let approved = after(&[(0, approve())]);
    assert_eq!(twice(&approved, &approve(), 59), Ok(None));
    assert_eq!(twice(&after(&[(0, withdraw())]), &withdraw(), 1), Ok(None));
    assert_eq!(twice(&after(&[(0, reject())]), &reject(), 1), Ok(None));
    assert_eq!(twice(&after(&[(0, approve()), (1, end())]), &end(), 2), Ok(None));

    let carol = || person("carol", &[REVIEWER]);
    assert!(twice(&approved, &Act::Approve.by(carol()).into(), 1).is_err(), "somebody else's is another");
    assert!(twice(&approved, &reject(), 1).is_err(), "and so is another command");
    assert!(twice(&approved, &approve(), 60).is_err(), "and one for access that is over");
    let ended_by_bob = after(&[(0, approve()), (1, Act::End.by(bob()).into())]);
    assert!(twice(&ended_by_bob, &end(), 2).is_err());
}

#[test]
fn every_command_against_every_status() {
    let statuses: [(&str, Past); 6] = [
        ("requested", after(&[])),
        ("approved", after(&[(1, approve())])),
        ("rejected", after(&[(1, reject())])),
        ("withdrawn", after(&[(1, withdraw())])),
        ("expired", after(&[(DAY, Command::Elapse.into())])),
        ("ended", after(&[(1, approve()), (2, end())])),
    ];
    let commands = [
        ("approve", approve()),
        ("reject", reject()),
        ("withdraw", withdraw()),
        ("end", end()),
        ("begin", begin()),
    ];
    let allowed = [
        ("requested", "approve"),
        ("requested", "reject"),
        ("requested", "withdraw"),
        ("approved", "end"),
        ("approved", "begin"),
    ];
    for (status, request) in &statuses {
        assert_eq!(request.status_at(minute(3)).word(), *status);
        assert_eq!(request.written_status(), *status);
        for (word, command) in &commands {
            let outcome = decide_of(request, command, &policy(), minute(3));
            let is_done = matches!(outcome, Ok(Some(_)));
            assert_eq!(is_done, allowed.contains(&(*status, *word)), "{status}, {word}: {outcome:?}");
        }
        assert_eq!(decide(request, &Command::Elapse, &policy(), minute(3)), Ok(None), "{status}");
    }
}

#[test]
fn whoever_is_late_hears_what_has_been_done() {
    let carol = person("carol", &[REVIEWER]);
    let heard = |commands: &[(i64, Deed)], at| {
        let approve = Act::Approve.by(carol.clone());
        decide(&after(commands), &approve, &policy(), minute(at)).unwrap_err()
    };
    let answered = |status, by: &str| Refusal::AlreadyAnswered { status, by: by.to_owned() };
    assert_eq!(heard(&[(1, approve())], 2), answered(StatusKind::Approved, "bob@example.com"));
    assert_eq!(heard(&[(1, reject())], 2), answered(StatusKind::Rejected, "bob@example.com"));
    assert_eq!(heard(&[(1, withdraw())], 2), answered(StatusKind::Withdrawn, "ada@example.com"));
    let over = Refusal::ApprovedAndOver { by: "bob@example.com".to_owned() };
    assert_eq!(heard(&[(1, approve())], 62), over);
    assert_eq!(heard(&[], DAY), Refusal::ExpiredUnanswered, "though nobody has written that down");
}

#[test]
fn nobody_answers_their_own_request_from_whichever_account() {
    let same_identity = {
        let mut twin = ada().human().clone();
        twin.account = Some(Account::new("slack", "T0123456", "U0TWIN"));
        twin.email = "twin@example.com".parse().unwrap();
        twin
    };
    let same_account = {
        let mut other = ada().human().clone();
        other.subject = subject("ada-at-another-provider");
        other.email = "ada@another-provider.example".parse().unwrap();
        other
    };
    let same_address = {
        let mut admin = person("adm-ada", &[]).human().clone();
        admin.email = "Ada@Example.com".parse().unwrap();
        admin
    };
    let mut stranger = ada().human().clone();
    stranger.subject = subject("somebody-else");
    stranger.email = "somebody@example.com".parse().unwrap();
    for elsewhere in [Account::new("slack", "T0999999", "U0ADA"), Account::new("other", "T0123456", "U0ADA")]
    {
        stranger.account = Some(elsewhere);
        assert!(!stranger.is_same_person(ada().human()), "{stranger:?}");
    }
    stranger.account = None;
    assert!(!stranger.is_same_person(&stranger_without_account()), "to have no account is nothing in common");
    for actor in [ada().human().clone(), same_identity, same_account, same_address] {
        let link = Link {
            account: actor.account.unwrap(),
            subject: actor.subject,
            email: actor.email,
            person: None,
            groups: Groups::default(),
            signed_in_at: minute(0),
            is_refreshable: true,
            is_signed_out: false,
        };
        let by = link.with(FreshGroups::fetched([TARGET, REVIEWER].into_iter().collect()));
        for command in [Act::Approve.by(by.clone()), Act::Reject("x".parse().unwrap()).by(by)] {
            let outcome = decide(&after(&[]), &command, &policy(), minute(1));
            assert!(matches!(outcome, Err(Refusal::OwnRequest { .. })), "{outcome:?}");
        }
    }
}

#[test]
fn only_reviewers_answer_and_only_parties_end() {
    let carol = || person("carol", &["aws-temp#Reviewers", "Reviewer"]);
    let answer = decide(&after(&[]), &Act::Approve.by(carol()), &policy(), minute(1));
    assert!(matches!(answer, Err(Refusal::NotReviewer { .. })), "{answer:?}");
    let end = decide(&after(&[(1, approve())]), &Act::End.by(carol()), &policy(), minute(2));
    assert!(matches!(end, Err(Refusal::NotParty { .. })), "{end:?}");
    for by in [ada(), bob()] {
        assert!(decide(&after(&[]), &Act::Withdraw.by(by.clone()), &policy(), minute(1)).is_ok());
        assert!(decide(&after(&[(1, approve())]), &Act::End.by(by), &policy(), minute(2)).is_ok());
    }
}

#[test]
fn a_window_is_half_open_written_down_or_not() {
    let request = after(&[(0, approve())]);
    let end = minute(60);
    assert!(request.live_at(end - TimeDelta::milliseconds(1)).is_ok());
    assert!(matches!(request.live_at(end), Err(Refusal::NotLive { status: StatusKind::Ended })));
    assert!(request.live_at(minute(-5)).is_ok(), "a replica whose clock is behind does not refuse");
}

#[test]
fn an_event_is_never_dated_before_its_predecessor() {
    let request = after(&[(10, approve())]);
    let event = decide(&request, &end(), &policy(), minute(5)).unwrap().unwrap();
    assert_eq!(event, Event::Ended { ended_at: minute(10), sessions_until: None }.by(ada().human().clone()));
    let recorded = request.next(event, CommandId::of_the_clock(&request.id, 2), minute(5));
    assert_eq!(recorded.at, minute(10));
}

#[test]
fn a_session_takes_the_requester_and_their_groups_of_this_very_sign_in() {
    let request = after(&[(0, approve())]);
    let begin = |by| decide_of(&request, &Deed::Begin(by), &policy(), minute(1));
    assert!(begin(signed_in("ada", &[TARGET])).is_ok());
    assert_eq!(begin(signed_in("bob", &[TARGET])), Err(Refusal::OtherPerson { signed_in: "bob".into() }));
    let elsewhere = Subject { issuer: "https://other.example".into(), ..subject("ada") };
    let namesake = confirmed(elsewhere, &[TARGET], Authentication::plain(minute(0)));
    assert!(matches!(begin(namesake), Err(Refusal::OtherPerson { .. })), "the same `sub` of another `iss`");
    assert!(matches!(begin(signed_in("ada", &[])), Err(Refusal::NotEligible { .. })));
}

#[test]
fn a_session_takes_groups_that_the_provider_confirms_after_the_sign_in() {
    let request = after(&[(0, approve())]);
    let begin = |then: &[&str], later: Groups| {
        let then = then.iter().copied().collect();
        let browser = SignedIn::verified(subject("ada"), None, then, Authentication::plain(minute(0)));
        let by = browser.confirmed_by(&FreshGroups::fetched(later));
        decide_of(&request, &Deed::Begin(by), &policy(), minute(1))
    };
    let groups = |names: &[&str]| names.iter().copied().collect::<Groups>();
    assert!(begin(&[TARGET, "staff"], groups(&[TARGET])).is_ok());
    for (then, later) in [(&[TARGET][..], &[][..]), (&[], &[TARGET]), (&["staff"], &["staff"])] {
        assert!(matches!(begin(then, groups(later)), Err(Refusal::NotEligible { .. })), "{then:?} {later:?}");
    }
    let unknown = Groups::without_claim("groups", ["sub"]);
    assert!(matches!(begin(&[TARGET], unknown), Err(Refusal::NoGroupsClaim { .. })));
}

#[test]
fn without_a_later_answer_the_person_must_have_authenticated_since() {
    let made = |proved_at| {
        let plain = Authentication::plain(minute(5));
        let authentication = Authentication { begun_at: minute(4), proved_at, ..plain };
        SignedIn::verified(subject("ada"), None, Groups::default(), authentication).made_afresh()
    };
    let seconds = |seconds| Some(minute(4) + TimeDelta::seconds(seconds));
    assert!(made(seconds(10)).is_ok() && made(seconds(-30)).is_ok(), "clocks may differ");
    assert!(matches!(made(seconds(-31)), Err(Refusal::SignInNotFresh)));
    assert!(matches!(made(None), Err(Refusal::IdentityUnusable { .. })), "unknown is not fresh");
}

#[test]
fn a_session_is_settled_once_and_issued_only_while_access_is_open() {
    let ready = || SessionOutcome::Ready { expires_at: minute(60) };
    let begun = after(&[(0, approve()), (1, begin())]);
    let settled = |request: &Request, at| {
        let change = decide(request, &settle(ready()), &policy(), minute(at)).unwrap();
        change.map(|change| change.what)
    };
    assert!(matches!(settled(&begun, 2), Some(Event::SessionIssued { session: 1, .. })));
    assert!(matches!(settled(&begun, 60), Some(Event::SessionDropped { .. })), "the window has run out");
    let ended = after(&[(0, approve()), (1, begin()), (2, end())]);
    assert!(matches!(settled(&ended, 3), Some(Event::SessionDropped { .. })), "somebody has ended it");
    let unknown = after(&[(0, approve()), (1, begin()), (2, settle(SessionOutcome::Unknown))]);
    assert_eq!(settled(&unknown, 3), None);
    assert_eq!(settled(&after(&[(0, approve())]), 3), None, "it was never begun");
}

#[test]
fn sessions_are_counted_and_whoever_ends_access_hears_until_when_they_work() {
    let begun = |outcome| after(&[(0, approve()), (1, begin()), (2, settle(outcome))]);
    let ended = |request: &Request| match decide(request, &end(), &policy(), minute(3)) {
        Ok(Some(Change { what: Event::Ended { sessions_until, .. }, .. })) => sessions_until,
        outcome => panic!("{outcome:?}"),
    };
    let issued = begun(SessionOutcome::Ready { expires_at: minute(60) });
    let next = decide_of(&issued, &begin(), &policy(), minute(3));
    assert_eq!(next, Ok(Some(Event::SessionIssuing { session: 2 }.by(ada().human().clone()))));
    assert_eq!(ended(&issued), Some(minute(60)));
    assert_eq!(ended(&begun(SessionOutcome::Unknown)), None, "nothing was handed out");
}

#[test]
fn a_request_holds_its_target_until_it_runs_out_or_is_over() {
    assert_eq!(after(&[]).holds_until(), Some(minute(DAY)));
    assert_eq!(after(&[(1, approve())]).holds_until(), Some(minute(61)));
    for over in [vec![(1, reject())], vec![(1, withdraw())], vec![(1, approve()), (2, end())]] {
        assert_eq!(after(&over).holds_until(), None, "{over:?}");
    }
}

/// Generates people who might press anything.
fn anybody() -> impl Strategy<Value = Person> {
    let groups = prop::sample::subsequence(vec![TARGET, REVIEWER], 0..=2);
    (prop::sample::select(vec!["ada", "bob", "carol"]), groups)
        .prop_map(|(name, groups)| person(name, &groups))
}

fn anything() -> impl Strategy<Value = Deed> {
    let outcome = prop_oneof![
        Just(SessionOutcome::Ready { expires_at: minute(60) }),
        Just(SessionOutcome::Refused {
            why: CloudRefusal { cause: CloudCause::Other, words: "no".to_owned() }
        }),
        Just(SessionOutcome::Unusable { why: DropReason::NoConsole { why: "no".into() } }),
        Just(SessionOutcome::Unknown),
    ];
    prop_oneof![
        anybody().prop_map(|by| Act::Approve.by(by).into()),
        anybody().prop_map(|by| Act::Reject("no".parse().unwrap()).by(by).into()),
        anybody().prop_map(|by| Act::Withdraw.by(by).into()),
        anybody().prop_map(|by| Act::End.by(by).into()),
        Just(Command::Elapse.into()),
        anybody().prop_map(|by| {
            let groups: Vec<&str> = by.groups().iter().collect();
            let subject = by.human().subject.clone();
            Deed::Begin(confirmed(subject, &groups, Authentication::plain(minute(0))))
        }),
        (1..4_u32, outcome).prop_map(|(session, outcome)| Command::SettleSession { session, outcome }.into()),
    ]
}

#[test]
fn where_reviewers_sign_in_to_answer_a_press_alone_answers_nothing() {
    let step_up = |review| {
        let max_age = Some("5m".parse().unwrap());
        Policy { step_up: Some(StepUp { max_age, acr_values: Vec::new(), review }), ..policy() }
    };
    let back = |minutes_ago: i64| {
        let authentication =
            Authentication { proved_at: Some(minute(1 - minutes_ago)), ..Authentication::plain(minute(1)) };
        link("bob").signed_in(confirmed(subject("bob"), &[REVIEWER], authentication)).unwrap()
    };
    let answers =
        |policy: &Policy, act: Act, by: Person| decide(&after(&[]), &act.by(by), policy, minute(1)).map(drop);
    for act in [Act::Approve, Act::Reject("no".parse().unwrap())] {
        let told = answers(&step_up(true), act.clone(), bob());
        assert_eq!(told, Err(Refusal::AnswerRequiresSignIn));
        assert_eq!(answers(&step_up(true), act.clone(), back(5)), Ok(()));
        let told = answers(&step_up(true), act.clone(), back(6));
        assert!(matches!(told, Err(Refusal::SignInTooOld { .. })), "{told:?}");
        assert_eq!(answers(&step_up(false), act.clone(), bob()), Ok(()));
        let told = answers(&step_up(true), act, ada());
        assert!(matches!(told, Err(Refusal::OwnRequest { .. })), "{told:?}");
    }
    let ends = Act::End.by(bob());
    assert!(decide(&after(&[(1, approve())]), &ends, &step_up(true), minute(2)).is_ok());
}

#[test]
fn a_sign_in_as_somebody_else_is_nobodys_answer() {
    let evil = link("bob").signed_in(signed_in("eve", &[REVIEWER]));
    assert!(matches!(evil, Err(Refusal::OtherReviewer { .. })), "{evil:?}");
}

proptest! {
    /// Anyone presses anything, in any order, with clocks that jump. A session is issued only inside a window that a
    /// reviewer other than the requester opened. The events add up to the state, are numbered without gaps, dated in
    /// order, and parsed exactly as they were stored, with the jobs that follow from them.
    #[test]
    fn no_sequence_of_commands_opens_a_session_outside_a_window_that_another_person_opened(
        steps in prop::collection::vec((anything(), -30..400_i64), 0..40),
    ) {
        let mut request = Past::of(vec![requested()]);
        let mut now = 0;
        for (command, wait) in steps {
            now += wait;
            let Ok(Some(change)) = decide_of(&request, &command, &policy(), minute(now)) else { continue };
            if let Event::SessionIssuing { .. } | Event::SessionIssued { .. } = change.what {
                let Status::Approved { approvals, window } = request.status_at(minute(now)) else {
                    return Err(TestCaseError::fail("a session outside any window"));
                };
                prop_assert!(approvals.iter().all(|approval| !approval.by.is(&request.requester)));
                prop_assert!(approvals.iter().all(|approval| approval.by.human().is_some()));
                prop_assert!(minute(now) < window.ends());
                prop_assert!(window.ends() - window.starts() == request.duration.as_delta());
            }
            let recorded = request.next(change, CommandId::of_the_clock(&request.id, request.version), minute(now));
            prop_assert!(recorded.at >= request.changed_at);
            let evolved = evolve(request.request.clone(), &recorded);
            request.history.push(recorded);
            request = Past::of(request.history);
            prop_assert_eq!(&request.request, &evolved);
        }
        let Past { request, history } = request;
        prop_assert!(history.iter().zip(1..).all(|(recorded, version)| recorded.number == version));
        prop_assert_eq!(request.version, history.len() as u64);
        let kept = serde_json::to_string(&history).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<Recorded>>(&kept).unwrap(), &history);
        for recorded in &history {
            let jobs = follow_ups(&request, recorded);
            let kept = serde_json::to_string(&jobs).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<Job>>(&kept).unwrap(), jobs);
        }
        prop_assert_eq!(Request::replayed(&history), Some(request));
    }
}

/// What somebody writes into the table who may write there. The browser has signed in as Ada, who is eligible.
#[test]
fn what_is_not_the_sum_of_its_events_opens_nothing() {
    let approved = after(&[(0, approve())]);
    let opens = |request: &Request, history: &[Recorded]| {
        begin_session(request, history, &signed_in("ada", &[TARGET]), &policy(), minute(1)).map(drop)
    };
    assert_eq!(opens(&approved, &approved.history), Ok(()));
    let is_unproven = |request: &Request, history: &[Recorded], why| {
        assert_eq!(opens(request, history), Err(Refusal::UnprovenGrant { why }));
    };
    is_unproven(&approved, &[], Unproven::History);
    is_unproven(&approved, &approved.history[..1], Unproven::History);
    is_unproven(&approved, &approved.history[1..], Unproven::History);
    is_unproven(&approved, &after(&[(0, approve()), (0, end())]).history, Unproven::History);
    let mut another = approved.request.clone();
    another.target = "111122223333/Admin".parse().unwrap();
    let eligible = signed_in("ada", &["aws-temp#Admin#111122223333"]);
    let refused = begin_session(&another, &approved.history, &eligible, &policy(), minute(1));
    assert_eq!(refused, Err(Refusal::UnprovenGrant { why: Unproven::History }));
    let mut longer = approved.request.clone();
    longer.duration = "8h".parse().unwrap();
    is_unproven(&longer, &approved.history, Unproven::History);
    let forged = |change: &dyn Fn(&mut Recorded)| {
        let mut history = approved.history.clone();
        change(&mut history[1]);
        Past::of(history)
    };
    let renumbered = forged(&|event| event.number = 3);
    is_unproven(&renumbered, &renumbered.history, Unproven::History);
    let of_another = forged(&|event| event.stream = RequestId::new(minute(0), 2));
    is_unproven(&of_another, &of_another.history, Unproven::History);
    let earlier = forged(&|event| event.at = minute(-1));
    is_unproven(&earlier, &earlier.history, Unproven::History);
}

#[test]
fn a_history_without_another_persons_approval_opens_nothing() {
    let opens = |approvals: Vec<Approval>, window: Window| {
        let mut history = after(&[(0, approve())]).history;
        history[1].what = Event::Approved { approvals, window };
        let past = Past::of(history);
        begin_session(&past, &past.history, &signed_in("ada", &[TARGET]), &policy(), minute(1)).map(drop)
    };
    let hour = || Window::new(minute(0), "1h".parse().unwrap());
    let approval = |by: Actor| Approval { by, at: minute(0) };
    let bobs = || approval(bob().human().clone().into());
    assert_eq!(opens(vec![bobs()], hour()), Ok(()));
    let twin = Human { email: ada().human().email.clone(), ..person("adm-ada", &[]).human().clone() };
    let nobodys: [Vec<Approval>; 6] = [
        vec![],
        vec![approval(ada().human().clone().into())],
        vec![approval(twin.into())],
        vec![approval(Actor::Clock)],
        vec![approval(Actor::Operator)],
        vec![bobs(), approval(ada().human().clone().into())],
    ];
    for approvals in nobodys {
        let why = Unproven::Approval;
        assert_eq!(opens(approvals.clone(), hour()), Err(Refusal::UnprovenGrant { why }), "{approvals:?}");
    }
    let windows = [
        Window::new(minute(0), "2h".parse().unwrap()),
        Window::new(minute(0), "8760h".parse().unwrap()),
        Window::new(minute(9 * 60), "1h".parse().unwrap()),
    ];
    for window in windows {
        let why = Unproven::Window;
        assert_eq!(opens(vec![bobs()], window), Err(Refusal::UnprovenGrant { why }), "{window:?}");
    }
}

#[test]
fn the_policy_of_this_moment_decides_at_the_answer_and_at_the_entry() {
    let shorter = Policy { max_duration: "30m".parse().unwrap(), ..policy() };
    let elsewhere = Policy { accounts: [("444455556666".parse().unwrap(), "dev".into())].into(), ..policy() };
    let waiting = after(&[]);
    let answer = |act: Act, policy: &Policy| decide(&waiting, &act.by(bob()), policy, minute(1)).map(drop);
    let (asked, max) = (waiting.duration, shorter.max_duration);
    assert_eq!(answer(Act::Approve, &shorter), Err(Refusal::TooLong { asked, max }));
    let target = waiting.target.clone();
    assert_eq!(answer(Act::Approve, &elsewhere), Err(Refusal::NotOffered { target }));
    for policy in [&shorter, &elsewhere] {
        assert_eq!(answer(Act::Reject("no".parse().unwrap()), policy), Ok(()));
    }
    let approved = after(&[(0, approve())]);
    let enter = |policy: &Policy| decide_of(&approved, &begin(), policy, minute(1)).map(drop);
    assert_eq!(enter(&shorter), Err(Refusal::TooLong { asked, max }));
    assert!(matches!(enter(&elsewhere), Err(Refusal::NotEligible { .. })));
}

#[test]
fn the_operator_ends_what_is_open_and_withdraws_what_waits() {
    let ended = |commands: &[(i64, Deed)]| {
        let past = after(commands);
        let change = decide(&past, &Command::ByOperator, &policy(), minute(5)).unwrap();
        change.map(|change| (change.what.name(), change.actor))
    };
    assert_eq!(ended(&[]), Some(("withdrawn", Actor::Operator)));
    assert_eq!(ended(&[(1, approve())]), Some(("ended", Actor::Operator)));
    for over in [vec![(1, reject())], vec![(1, withdraw())], vec![(1, approve()), (2, end())]] {
        assert_eq!(ended(&over), None, "{over:?}");
    }
}

#[test]
fn so_many_sessions_are_open_at_once_and_no_more() {
    let ready = |session, at| settle_nth(session, SessionOutcome::Ready { expires_at: minute(at) });
    let two = [(0, approve()), (1, begin()), (2, ready(1, 16)), (3, begin())];
    let enters =
        |commands: &[(i64, Deed)], at| decide_of(&after(commands), &begin(), &policy(), minute(at)).map(drop);
    assert_eq!(enters(&two[..3], 4), Ok(()));
    assert_eq!(enters(&two, 4), Err(Refusal::TooManySessions { max: 2 }), "one is asked for");
    assert_eq!(
        enters(&[&two[..], &[(4, ready(2, 30))]].concat(), 15),
        Err(Refusal::TooManySessions { max: 2 })
    );
    assert_eq!(enters(&[&two[..], &[(4, ready(2, 30))]].concat(), 16), Ok(()), "one has expired");
    let unknown = (4, settle_nth(2, SessionOutcome::Unknown));
    assert_eq!(enters(&[&two[..], &[unknown]].concat(), 5), Ok(()), "nobody has it");
}

#[test]
fn so_many_requests_are_made_within_an_hour_and_no_more() {
    let asks = |earlier: &[Timestamp]| {
        let wanted = Ask {
            target: "111122223333/S3Admin".parse().unwrap(),
            duration: "1h".parse().unwrap(),
            justification: "why not".parse().unwrap(),
        };
        ask(&ada(), wanted, earlier, &policy(), minute(60)).map(drop)
    };
    let made: Vec<_> = (1..=20).map(minute).collect();
    assert_eq!(asks(&made[..19]), Ok(()));
    assert_eq!(asks(&made), Err(Refusal::TooManyRequests { max: 20 }));
    let oldest_is_an_hour_old: Vec<_> = (0..20).map(minute).collect();
    assert_eq!(asks(&oldest_is_an_hour_old), Ok(()));
}
