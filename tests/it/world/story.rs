//! A story: what there is when it begins, what happens in it, and the judgement at its end.

use elevate::config::Transport;
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, BOB, CAROL, Company, Persona},
};

use super::{ASK, World, nine};

/// What there is when a story begins. [`play`] plays it.
pub(crate) struct Story {
    transport: Transport,
    dynamo: Option<Dynamo>,
    settings: Vec<(String, String)>,
    linked: Vec<Persona>,
    begins: Begins,
    changes: Vec<Change>,
}

/// What is done to Example Corp before anybody does anything.
type Change = Box<dyn FnOnce(&Company)>;

/// How far Ada's request has come when the story begins.
#[derive(PartialEq, PartialOrd)]
enum Begins {
    BeforeIt,
    Asked,
    Approved,
}

impl Story {
    /// Begins with nobody linked.
    pub(crate) fn start() -> Self {
        let (dynamo, settings, linked, changes) = (None, Vec::new(), Vec::new(), Vec::new());
        Self { transport: Transport::Http, dynamo, settings, linked, begins: Begins::BeforeIt, changes }
    }

    /// Begins when these people are linked, and have read what they were told about it.
    pub(crate) fn with_linked<const N: usize>(people: [Persona; N]) -> Self {
        Self { linked: people.to_vec(), ..Self::start() }
    }

    /// Begins when Ada, Bob and Carol are linked, Ada has asked for [`ASK`], and everybody has read it.
    pub(crate) fn asked() -> Self {
        Self { begins: Begins::Asked, ..Self::with_linked([ADA, BOB, CAROL]) }
    }

    /// Begins when Bob has approved that request too, and everybody has read it.
    pub(crate) fn approved() -> Self {
        Self { begins: Begins::Approved, ..Self::asked() }
    }

    /// Slack reaches the product over `transport`.
    pub(crate) fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// The table is kept here.
    pub(crate) fn on(self, dynamo: Dynamo) -> Self {
        Self { dynamo: Some(dynamo), ..self }
    }

    /// The operator has set these keys, named as their variables are without the prefix.
    pub(crate) fn set(self, settings: &[(&str, &str)]) -> Self {
        let variable = |(key, value): &(&str, &str)| (format!("ELEVATE_{key}"), (*value).to_owned());
        self.configured(settings.iter().map(variable).collect())
    }

    /// The operator has set these variables.
    pub(crate) fn configured(mut self, settings: Vec<(String, String)>) -> Self {
        self.settings.extend(settings);
        self
    }

    /// Example Corp is changed before anybody does anything.
    pub(crate) fn where_first(mut self, change: impl FnOnce(&Company) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    async fn begin(self) -> World {
        let dynamo = self.dynamo.unwrap_or_else(|| Dynamo::in_memory().unwrap());
        let company = Company::open(Clock::standing(nine()), dynamo).await.unwrap();
        for change in self.changes {
            change(&company);
        }
        let world = World::staff(self.transport, Company { settings: self.settings, ..company }).await;
        for persona in self.linked {
            world.player(persona).links().await;
        }
        if self.begins >= Begins::Asked {
            world.ada().types(ASK).await;
            assert!(world.ada().hears().contains("on its way"));
            assert!(world.card().contains("*Waiting*"));
            assert!(world.ada().is_told().contains("*Waiting*"));
            world.auditors_hear(["*Requested* · @Ada"]);
        }
        if self.begins >= Begins::Approved {
            world.bob().presses("review.approve").await;
            assert!(world.card().contains("*Approved*"));
            assert!(world.ada().is_told().contains("*Approved*"));
            world.ada().hears();
            world.auditors_hear(["*Approved* · @Bob"]);
        }
        world
    }
}

/// Plays a story, and judges the world when it has ended: nothing may be unread, undelivered or open, and every
/// request must be what its events add up to.
pub(crate) async fn play<T>(start: Story, story: impl AsyncFnOnce(&World) -> T) -> T {
    let world = start.begin().await;
    let outcome = story(&world).await;
    world.is_at_rest().await;
    outcome
}
