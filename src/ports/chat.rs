//! A chat platform: everything that the app may do on it.

use std::sync::Arc;

use super::{Dialogs, Directory, Messenger, PlatformSignIn};

/// What the app may do on one chat platform.
#[derive(Clone)]
pub struct ChatPorts {
    /// Who is behind an account, and what a conversation is.
    pub directory: Arc<dyn Directory>,
    /// Posts, updates and private words.
    pub messenger: Arc<dyn Messenger>,
    /// Forms and answers for the person at hand.
    pub dialogs: Arc<dyn Dialogs>,
    /// The sign-in at the platform, where the operator has set it up.
    pub sign_in: Option<Arc<dyn PlatformSignIn>>,
}
