//! Everything this program can do to the world: one file for each counterpart.

mod chat;
mod clock;
mod cloud;
mod counters;
mod dialogs;
mod directory;
mod entropy;
mod identity;
mod messenger;
mod rate_limits;
mod sealer;
mod secrets;
mod store;

pub use self::{
    chat::ChatPorts,
    clock::Clock,
    cloud::{Cloud, CloudError, Credentials},
    counters::{Counters, Gauges, Paced, Part},
    dialogs::Dialogs,
    directory::{Channel, Directory, Priority, Workspace},
    entropy::Ids,
    identity::{
        Answer, Identity, IdentityError, PlatformSignIn, Redeemed, Refreshed, SignInAsks, SignInProof,
        SignedOut,
    },
    messenger::{Address, Because, ChatError, Messenger},
    rate_limits::{RateLimited, RateLimits},
    sealer::{Opened, SealError, SealedRow, Sealer},
    secrets::{SecretError, SecretPlace, SecretSource},
    store::{
        Accounts, Appended, CodeError, Codes, CommitError, ControlStep, Controls, Cursor, DeadLetter,
        DeadLetterError, Given, JOB_LEASE, Jobs, LaneHead, LinkError, LinkProof, Links, Listed, NewEvent,
        NewLink, OpenRequests, OpenStatus, Page, Places, Presses, Requests, SealedToken, Step, Store,
        StoreError, Surface, TicketError, Tickets, TokenError, Tokens, UnlinkError, UsedToken,
    },
};
