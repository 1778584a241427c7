//! Sweep: any running replica does the jobs that are due and not done.
//!
//! 1. Each lane is swept separately: its due jobs are read from the table, never from an index or from another lane.
//! 2. Jobs for the same place run in order; jobs for other places do not wait for them. No job for one platform waits
//!    for a job for another.
//! 3. A job is leased by a conditional write, so that two replicas do not run the same job.
//! 4. Notices are delivered, presses are finished, and expiries are recorded. A late sweep does not change who has
//!    access: access is computed from the clock.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join_all, stream};

use super::{
    Broker, Ports, Result,
    access::transition::{Changed, transition},
    deliver::Try,
    inbox,
    queue::{Outcome, Progress},
    remind,
};
use crate::domain::{
    account::{Account, Platform},
    decide::{Command, SessionOutcome},
    ids::{CommandId, RequestId},
    job::{Job, Lane, LeaseOwner, Leased, Notice, Task},
    window::Timestamp,
};

/// How many places of a lane are processed concurrently on each platform.
const PLACES: usize = 16;
/// How long a round starts new jobs for a place. A place that is slow, because the platform rate-limits it or does not
/// respond, delays the rest of its lane by no more than this.
const PLACE_OPEN_FOR: Duration = Duration::from_secs(20);

/// The destination of a job on its platform. Destinations that do not depend on a platform come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'w> {
    /// The history of a request.
    History(&'w RequestId),
    /// The person who pressed.
    Press(&'w CommandId),
    /// The audit channel.
    Auditors,
    /// The review channel.
    Reviewers,
    /// The requester of a request.
    Requester(&'w RequestId),
    /// A person.
    Person(&'w Account),
}

/// Sweeps all lanes once. Returns the number of jobs that it found.
///
/// # Errors
/// When the due jobs of a lane cannot be read. The other lanes are still swept.
pub async fn sweep(broker: &Arc<Broker>) -> Result<usize> {
    let swept = join_all(Lane::ALL.map(|lane| sweep_lane(broker, lane))).await;
    swept.into_iter().sum()
}

/// Sweeps one lane. Returns the number of jobs that it found.
///
/// # Errors
/// When the due jobs cannot be read.
pub async fn sweep_lane(broker: &Arc<Broker>, lane: Lane) -> Result<usize> {
    let Ports { store, gauges, clock, .. } = &broker.ports;
    let now = clock.now();
    let head = store.head(lane, now, budget(lane)).await?; // 1
    gauges.saw_lane(lane, &head, now);
    let mut platforms: BTreeMap<Option<&Platform>, BTreeMap<Place<'_>, Vec<&Job>>> = BTreeMap::new();
    for job in &head.jobs {
        let places = platforms.entry(platform_of(broker, job)).or_default();
        places.entry(Place::of(&job.task)).or_default().push(job);
    }
    let mut rounds = Vec::new();
    for places in platforms.into_values() {
        rounds.push(go_round(broker, places.into_values().collect()));
    }
    join_all(rounds).await; // 2
    if lane == Lane::History && gauges.wants_open_requests(now) {
        gauges.saw_open_requests(store.open_requests().await?, now);
    }
    Ok(head.jobs.len())
}

/// Returns the platform that the job depends on, if any.
fn platform_of<'w>(broker: &'w Broker, job: &'w Job) -> Option<&'w Platform> {
    let settings = &broker.settings;
    job.platform.as_ref().or_else(|| match &job.task {
        Task::Notify(Notice::Audit(_) | Notice::Burst(_)) => Some(settings.audit_channel.platform()),
        Task::Notify(Notice::Card(_) | Notice::PassOn(..)) | Task::Remind(_) | Task::ShowCard(_) => {
            settings.homes.keys().next()
        }
        Task::Notify(
            Notice::Receipt(_)
            | Notice::ConsoleLink(_)
            | Notice::CardSeen(_)
            | Notice::Linked(..)
            | Notice::Relinked(..)
            | Notice::Unlinked(..)
            | Notice::SignedOut(..),
        )
        | Task::Elapse(_)
        | Task::SettleSession(..)
        | Task::FinishPress(_)
        | Task::WarnOfEnd(_) => None,
    })
}

/// Returns the maximum number of jobs of a lane that one round starts.
fn budget(lane: Lane) -> usize {
    match lane {
        Lane::History | Lane::People | Lane::AuditorsLater => 200,
        Lane::Auditors | Lane::Timers => 100,
    }
}

/// Runs the jobs for the places on one platform.
async fn go_round(broker: &Arc<Broker>, places: Vec<Vec<&Job>>) {
    stream::iter(places).for_each_concurrent(PLACES, |jobs| walk(broker, jobs)).await;
}

/// Runs the jobs for one place until the place is closed or a job must wait.
async fn walk(broker: &Arc<Broker>, jobs: Vec<&Job>) {
    let closes = broker.ports.clock.uptime() + PLACE_OPEN_FOR;
    let is_open = || !broker.is_stopping() && broker.ports.clock.uptime() < closes;
    let mut bursts: BTreeMap<&Account, Vec<&Job>> = BTreeMap::new();
    for job in jobs {
        if let Some(who) = bursts_of(job) {
            bursts.entry(who).or_default().push(job);
        } else if !is_open() {
            return;
        } else if let Some(leased) = lease(broker, job).await // 3
            && act(broker, &leased).await == Progress::Wait
        {
            return;
        }
    }
    for burst in bursts.into_values() {
        if !is_open() || tell_burst(broker, burst).await == Progress::Wait {
            return;
        }
    }
}

/// Leases a job, unless another replica holds its lease.
async fn lease(broker: &Broker, job: &Job) -> Option<Leased> {
    let owner = LeaseOwner::named(broker.ports.ids.command_id().to_string());
    let leased = broker.ports.store.lease(job, owner, broker.ports.clock.now()).await;
    leased.unwrap_or_else(|error| {
        tracing::warn!(job = job.id, error = format!("{error:#}"), "jobs: lease failed");
        None
    })
}

/// Returns the account whose burst the job is part of, if any.
fn bursts_of(job: &Job) -> Option<&Account> {
    let Task::Notify(Notice::Burst(entry)) = &job.task else { return None };
    entry.concerned()
}

/// Posts one audit line for all jobs of one person's burst.
async fn tell_burst(broker: &Arc<Broker>, jobs: Vec<&Job>) -> Progress {
    let mut leased = Vec::new();
    for job in jobs {
        leased.extend(lease(broker, job).await);
    }
    match &leased[..] {
        [leased] => act(broker, leased).await,
        several => broker.deliver_burst(several).await,
    }
}

async fn act(broker: &Arc<Broker>, leased: &Leased) -> Progress {
    let job = &leased.job;
    let outcome = match &job.task {
        Task::Notify(_) => return broker.deliver(leased, Try::Another).await, // 4
        Task::FinishPress(id) => finish_press(broker, id).await,
        Task::Remind(id) => remind::remind(broker, id, job).await.map(Outcome::Done),
        Task::ShowCard(id) => remind::show_card(broker, id, job).await.map(Outcome::Done),
        Task::WarnOfEnd(id) => remind::warn_of_end(broker, id).await.map(|()| Outcome::Done(None)),
        Task::Elapse(id) => elapse(broker, id, job.due).await,
        Task::SettleSession(id, session) => settle(broker, id, *session).await,
    };
    broker.close(leased, outcome).await
}

/// Records that `end` has passed. If it has not, because a clock was set back, the job stays.
async fn elapse(broker: &Arc<Broker>, id: &RequestId, end: Timestamp) -> Result<Outcome> {
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(Outcome::Done(None)) };
    let command = CommandId::of_the_clock(id, request.version);
    let Changed { request, .. } = transition(broker, id, &Command::Elapse, command.into()).await?;
    Ok(if request.holds_until() == Some(end) { Outcome::NotYet } else { Outcome::Done(None) })
}

async fn settle(broker: &Arc<Broker>, id: &RequestId, session: u32) -> Result<Outcome> {
    let command = Command::SettleSession { session, outcome: SessionOutcome::Unknown };
    transition(broker, id, &command, CommandId::of_lost_session(id, session).into()).await?;
    Ok(Outcome::Done(None))
}

/// Finishes a press, which also completes the job.
async fn finish_press(broker: &Arc<Broker>, id: &CommandId) -> Result<Outcome> {
    let Some(press) = broker.ports.store.press(id).await? else { return Ok(Outcome::Done(None)) };
    inbox::carry_out_again(broker, &press).await?;
    Ok(Outcome::Completed)
}

impl<'w> Place<'w> {
    fn of(task: &'w Task) -> Self {
        match task {
            Task::Elapse(id) | Task::SettleSession(id, _) => Self::History(id),
            Task::FinishPress(id) => Self::Press(id),
            Task::Notify(Notice::Audit(_) | Notice::Burst(_)) => Self::Auditors,
            Task::Notify(Notice::Card(_) | Notice::PassOn(..)) | Task::Remind(_) | Task::ShowCard(_) => {
                Self::Reviewers
            }
            Task::Notify(Notice::Receipt(id) | Notice::ConsoleLink(id) | Notice::CardSeen(id))
            | Task::WarnOfEnd(id) => Self::Requester(id),
            Task::Notify(
                Notice::Linked(user, _)
                | Notice::Relinked(user, _)
                | Notice::Unlinked(user, _)
                | Notice::SignedOut(user, _),
            ) => Self::Person(user),
        }
    }
}
