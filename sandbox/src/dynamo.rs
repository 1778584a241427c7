//! DynamoDB in process, behind the HTTP client of the AWS SDK: requests never reach a socket.
//!
//! It implements conditions and transactions as DynamoDB does, and adds what only a loaded table shows:
//! transaction conflicts, throttling, lost responses. `Scan` is refused, as for a role without that
//! permission.

mod connector;
mod engine;
mod failure;
mod note;

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::client::http::{SharedHttpClient, http_client_fn};
use dynoxide::DynoxideError;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Barrier;

use self::{connector::Connector, engine::Engine};
use crate::http::Control;

/// What goes wrong with one call in DynamoDB's own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamoFault {
    /// Another transaction holds one of the items; nothing is done.
    TransactionConflict,
    /// The table's throughput is used up; nothing is done.
    Throttled,
    /// Done, but the caller's timeout comes before the answer.
    SucceedThenTimeOut,
}

/// A DynamoDB; clones are handles on the same tables.
#[derive(Clone)]
pub struct Dynamo(Arc<Inner>);

struct Inner {
    engine: Engine,
    control: Control,
    faults: Mutex<BTreeMap<String, VecDeque<DynamoFault>>>,
    /// Operations, and what their bodies hold, whose answers never arrive.
    lost: Mutex<Vec<(String, String)>>,
    gatherings: Mutex<Vec<Gathering>>,
}

/// What all tables held at some moment.
pub(crate) struct Snapshot(TempDir);

/// Calls that wait for each other.
struct Gathering {
    operation: String,
    text: String,
    awaited: usize,
    all_here: Arc<Barrier>,
}

impl Snapshot {
    fn file(&self) -> io::Result<String> {
        let file = self.0.path().join("tables");
        file.into_os_string().into_string().map_err(|_| io::Error::other("the path is not UTF-8"))
    }
}

impl Dynamo {
    /// Empty tables that live as long as the process.
    ///
    /// # Errors
    /// When the engine does not start.
    pub fn in_memory() -> io::Result<Self> {
        Engine::in_memory().map(Self::over).map_err(unopened)
    }

    /// Tables kept in the file at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened as a database.
    pub fn open(path: &Path) -> io::Result<Self> {
        let name = path.to_str().ok_or_else(|| io::Error::other("the path is not UTF-8"))?;
        Engine::open(name).map(Self::over).map_err(unopened)
    }

    /// What to give to an SDK configuration's `http_client`. The SDK still wants a region and credentials;
    /// any will do.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        let connector = Connector::to(self.clone());
        http_client_fn(move |_, _| connector.clone().into_shared())
    }

    /// Faults, latency and calls, by operation: `GetItem`, `TransactWriteItems`.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// All rows of a table, which no request can read, for tests and the demo.
    ///
    /// # Errors
    /// When there is no such table.
    pub async fn rows(&self, table: &str) -> io::Result<Vec<Value>> {
        let (engine, table) = (self.0.engine.clone(), table.to_owned());
        let read = tokio::task::spawn_blocking(move || engine.rows(&table));
        read.await.map_err(io::Error::other)?.map_err(|failure| io::Error::other(failure.body))
    }

    pub(crate) fn snapshot(&self) -> io::Result<Snapshot> {
        let snapshot = Snapshot(tempfile::tempdir()?);
        self.0.engine.save_to(&snapshot.file()?)?;
        Ok(snapshot)
    }

    pub(crate) fn restore(&self, snapshot: &Snapshot) -> io::Result<()> {
        self.0.engine.load_from(&snapshot.file()?)
    }

    /// Forgets under which tokens transactions were made, which are otherwise known for ten minutes of the machine's.
    ///
    /// # Errors
    /// When the tables are not in a file, or it cannot be opened again.
    pub fn forget_tokens(&self) -> io::Result<()> {
        self.0.engine.reopen()
    }

    /// The next call of `operation` goes wrong; called again, the faults queue up. A call that fails
    /// like this does not fail in a way of [`Dynamo::control`] as well.
    pub fn fail_next_with(&self, operation: &str, fault: DynamoFault) {
        self.faults().entry(operation.to_owned()).or_default().push_back(fault);
    }

    /// From now on every call of `operation` whose body holds `text` is done, and its answer never arrives.
    pub fn lose_answers_to(&self, operation: &str, text: &str) {
        self.lost().push((operation.to_owned(), text.to_owned()));
    }

    /// The next `calls` calls of `operation` whose bodies hold `text` wait for each other, so that they race:
    /// each caller has read its condition before any of them has changed it.
    pub fn gather(&self, operation: &str, text: &str, calls: usize) {
        let (operation, text) = (operation.to_owned(), text.to_owned());
        let all_here = Arc::new(Barrier::new(calls));
        self.gatherings().push(Gathering { operation, text, awaited: calls, all_here });
    }

    /// Returns the gatherings that have not come about: nobody has raced there.
    #[must_use]
    pub fn still_gathering(&self) -> Vec<String> {
        let waiting = self.gatherings();
        waiting.iter().map(|one| format!("{} of {} with {}", one.awaited, one.operation, one.text)).collect()
    }

    fn over(engine: Engine) -> Self {
        Self(Arc::new(Inner {
            engine,
            control: Control::default(),
            faults: Mutex::default(),
            lost: Mutex::default(),
            gatherings: Mutex::default(),
        }))
    }

    fn next_fault(&self, operation: &str) -> Option<DynamoFault> {
        self.faults().get_mut(operation)?.pop_front()
    }

    fn loses_answer(&self, operation: &str, body: &[u8]) -> bool {
        let body = String::from_utf8_lossy(body);
        self.lost().iter().any(|(name, text)| name == operation && body.contains(text))
    }

    /// What a call has to wait for.
    fn gathering(&self, operation: &str, body: &[u8]) -> Option<Arc<Barrier>> {
        let body = String::from_utf8_lossy(body);
        let mut gatherings = self.gatherings();
        let waits = |one: &Gathering| one.operation == operation && body.contains(&one.text);
        let gathering = gatherings.iter_mut().find(|one| waits(one))?;
        gathering.awaited = gathering.awaited.saturating_sub(1);
        let all_here = Arc::clone(&gathering.all_here);
        gatherings.retain(|one| one.awaited > 0);
        Some(all_here)
    }

    fn gatherings(&self) -> MutexGuard<'_, Vec<Gathering>> {
        self.0.gatherings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<DynamoFault>>> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unopened(error: DynoxideError) -> io::Error {
    io::Error::other(error.to_string())
}
