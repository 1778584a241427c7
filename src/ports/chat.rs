//! A chat platform: all operations of the app on it.

use std::sync::Arc;

use super::{Dialogs, Directory, Messenger, PlatformSignIn};

/// The operations of the app on one chat platform.
#[derive(Clone)]
pub struct ChatPorts {
    /// Accounts and conversations.
    pub directory: Arc<dyn Directory>,
    /// Posts, updates and ephemeral messages.
    pub messenger: Arc<dyn Messenger>,
    /// Forms and responses for the person who has just acted.
    pub dialogs: Arc<dyn Dialogs>,
    /// The sign-in at the platform, if the operator has configured it.
    pub sign_in: Option<Arc<dyn PlatformSignIn>>,
}
