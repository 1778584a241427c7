//! The broker's power, which goes off in the middle of a call.
//!
//! A call has two sides: before it lands, nothing has been done; after it has landed, nobody hears of it. From the cut
//! on no call of the broker gets through, until the power is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// On which side of a call the power goes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is asked for is not done.
    BeforeItLands,
    /// It is done, and the answer never arrives.
    AfterItHasLanded,
}

/// The power that all calls of one broker hang on, whomever they go to. Clones are handles on the same.
#[derive(Clone, Debug)]
pub struct Power(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    is_out: watch::Sender<bool>,
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
    /// It lands; whoever lets it land says so with [`Power::landed`].
    Unanswered,
}

impl Default for Power {
    fn default() -> Self {
        Self(Arc::new(Inner { state: Mutex::default(), is_out: watch::Sender::new(false) }))
    }
}

impl Power {
    /// Counts calls from zero again, and goes off at the one of this number.
    pub fn cut_at(&self, call: usize, side: Side) {
        *self.state() = State { calls: Vec::new(), cut: Some((call, side)) };
    }

    /// Returns when the power has gone off.
    pub async fn is_out(&self) {
        // It cannot fail, since the sender is here.
        let _ = self.0.is_out.subscribe().wait_for(|is_out| *is_out).await;
    }

    /// Lets all calls through again.
    pub fn restore(&self) {
        self.state().cut = None;
        self.0.is_out.send_replace(false);
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
                    self.0.is_out.send_replace(true);
                }
                Passage::Stopped
            }
            Some(_) | None => Passage::Through,
        }
    }

    pub(crate) fn landed(&self) {
        self.0.is_out.send_replace(true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(side: Side) -> Vec<Passage> {
        let power = Power::default();
        power.cut_at(1, side);
        (0..3).map(|n| power.pass(&n.to_string())).collect()
    }

    #[test]
    fn from_the_cut_on_nothing_gets_through() {
        use Passage::{Stopped, Through, Unanswered};
        assert_eq!(passages(Side::BeforeItLands), [Through, Stopped, Stopped]);
        assert_eq!(passages(Side::AfterItHasLanded), [Through, Unanswered, Stopped]);
    }

    #[tokio::test]
    async fn it_is_out_once_the_call_has_landed_and_back_when_restored() {
        let power = Power::default();
        power.cut_at(0, Side::AfterItHasLanded);
        assert_eq!(power.pass("one"), Passage::Unanswered);
        assert!(!*power.0.is_out.borrow());
        power.landed();
        power.is_out().await;
        power.restore();
        assert!(!*power.0.is_out.borrow());
        assert_eq!(power.pass("two"), Passage::Through);
        assert_eq!(power.calls(), ["one", "two"]);
    }
}
