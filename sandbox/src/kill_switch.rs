//! Disconnects the broker in the middle of a call.
//!
//! A call can be cut on two sides: before it arrives, it has no effect; after it has arrived, its response is lost.
//! After the cut, every call of the broker fails until the switch is reset.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// On which side of a call the broker is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is asked for is not done.
    BeforeItLands,
    /// It is done, and the answer never arrives.
    AfterItHasLanded,
}

/// Controls all calls of one broker, to every stand-in. Clones are handles on the same switch.
#[derive(Clone, Debug)]
pub struct KillSwitch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    is_down: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<String>,
    cut: Option<(usize, Side)>,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Through,
    /// It does not land.
    Stopped,
    /// It lands; the caller then reports so with [`KillSwitch::landed`].
    Unanswered,
}

impl Default for KillSwitch {
    fn default() -> Self {
        Self(Arc::new(Inner { state: Mutex::default(), is_down: watch::Sender::new(false) }))
    }
}

impl KillSwitch {
    /// Counts calls from zero again, and cuts off at the call of this number.
    pub fn kill_at(&self, call: usize, side: Side) {
        *self.state() = State { calls: Vec::new(), cut: Some((call, side)) };
    }

    /// Returns once the broker is cut off.
    pub async fn is_down(&self) {
        // It cannot fail, since the sender is here.
        let _ = self.0.is_down.subscribe().wait_for(|is_down| *is_down).await;
    }

    /// Lets all calls through again.
    pub fn restore(&self) {
        self.state().cut = None;
        self.0.is_down.send_replace(false);
    }

    /// The calls since they were last counted from zero, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    pub(crate) fn pass(&self, name: &str) -> Passage {
        let mut state = self.state();
        let number = state.calls.len();
        state.calls.push(name.to_owned());
        match state.cut {
            Some((cut, Side::AfterItHasLanded)) if number == cut => Passage::Unanswered,
            Some((cut, _)) if number >= cut => {
                if number == cut {
                    self.0.is_down.send_replace(true);
                }
                Passage::Stopped
            }
            Some(_) | None => Passage::Through,
        }
    }

    pub(crate) fn landed(&self) {
        self.0.is_down.send_replace(true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(side: Side) -> Vec<Passage> {
        let kill_switch = KillSwitch::default();
        kill_switch.kill_at(1, side);
        (0..3).map(|n| kill_switch.pass(&n.to_string())).collect()
    }

    #[test]
    fn from_the_cut_on_nothing_gets_through() {
        use Passage::{Stopped, Through, Unanswered};
        assert_eq!(passages(Side::BeforeItLands), [Through, Stopped, Stopped]);
        assert_eq!(passages(Side::AfterItHasLanded), [Through, Unanswered, Stopped]);
    }

    #[tokio::test]
    async fn it_is_out_once_the_call_has_landed_and_back_when_restored() {
        let kill_switch = KillSwitch::default();
        kill_switch.kill_at(0, Side::AfterItHasLanded);
        assert_eq!(kill_switch.pass("one"), Passage::Unanswered);
        assert!(!*kill_switch.0.is_down.borrow());
        kill_switch.landed();
        kill_switch.is_down().await;
        kill_switch.restore();
        assert!(!*kill_switch.0.is_down.borrow());
        assert_eq!(kill_switch.pass("two"), Passage::Through);
        assert_eq!(kill_switch.calls(), ["one", "two"]);
    }
}
