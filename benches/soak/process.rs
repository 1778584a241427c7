//! What the process holds: memory and tasks.

use std::fmt;

use tokio::runtime::Handle;

/// How much of both there is at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) tasks: usize,
    /// Nothing where the system does not tell.
    pub(crate) memory: Option<Memory>,
}

/// Memory that is in use, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Memory(u64);

/// How many tasks there may be more because of connections that the product keeps for its next calls. Each has a task
/// at either end, and there are as many as were needed at a time: one for each lane of the sweeper.
const TASKS_OF_CONNECTIONS: usize = 2 * 16;

impl Level {
    /// The most tasks that count as no more than these.
    pub(crate) fn tasks_with_slack(self) -> usize {
        self.tasks + TASKS_OF_CONNECTIONS
    }

    pub(crate) fn of_this_process() -> Self {
        Self { tasks: Handle::current().metrics().num_alive_tasks(), memory: Memory::in_use() }
    }
}

impl Memory {
    /// What Linux says that the process has in RAM.
    fn in_use() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok().map(Self)
    }

    /// The most that counts as no more than this: a tenth is what the allocator may keep for itself.
    pub(crate) fn with_slack(self) -> Self {
        Self(self.0 + self.0 / 10)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} MiB", self.0 / 1024, self.0 % 1024 * 10 / 1024)
    }
}
